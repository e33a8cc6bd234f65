//! Four ways to run one scenario, on three stores, which all give the same: straight through, with
//! every workflow made again from its bytes at every await, with a crash at every write (on PostgreSQL, if
//! there is one, at some), and with two workers that compete.

use durable_runtime::testing::{TestEnv, TestEnvBuilder, crash_everywhere};
use std::fmt::Debug;
#[cfg(unix)]
use {
    durable_runtime::store::{self, Store, StoreError},
    postgres_for_tests::{Schema, is_there},
    std::sync::{Arc, Mutex},
};

fn on_sqlite() -> TestEnvBuilder {
    TestEnv::builder().sqlite()
}

/// What the scenario gives, however and wherever it is run.
pub(crate) async fn in_four_modes<T: PartialEq + Debug>(
    scenario: impl AsyncFn(&TestEnv) -> T,
) -> T {
    // All four of them: crashes are compared with the other three.
    crash_everywhere(&scenario).await;
    on_sqlite().crash_everywhere(&scenario).await;
    #[cfg(unix)]
    if let Some((postgres, _schemas)) = on_postgres() {
        postgres.crashes(2).crash_everywhere(&scenario).await;
    }
    on_each_store(scenario).await
}

/// On PostgreSQL, each environment in a schema of its own; these are gone with what comes beside.
#[cfg(unix)]
fn on_postgres() -> Option<(TestEnvBuilder, Arc<Mutex<Vec<Schema>>>)> {
    let schemas: Arc<Mutex<Vec<Schema>>> = Arc::default();
    let kept = schemas.clone();
    let make = move || {
        let (store, schema) = postgres_for_tests::opened(open);
        kept.lock().unwrap().push(schema);
        store
    };
    is_there().then(|| (TestEnv::builder().store(make), schemas))
}

#[cfg(unix)]
async fn open(url: String) -> Result<Arc<dyn Store>, StoreError> {
    store::open(&url).await
}

/// What the scenario gives on each store, straight through.
pub(crate) async fn on_each_store<T: PartialEq + Debug>(
    scenario: impl AsyncFn(&TestEnv) -> T,
) -> T {
    let in_memory = scenario(&TestEnv::new()).await;
    assert_eq!(scenario(&on_sqlite().build()).await, in_memory, "on SQLite");
    in_memory
}

/// The activities that the outside world saw, in order. A call that a crash has repeated is the
/// same one.
pub(crate) fn calls(env: &TestEnv) -> Vec<&'static str> {
    env.log().without_repeats().calls()
}
