//! Four ways to run one scenario, on two stores, which all give the same: straight through, with
//! every workflow made again from its bytes at every await, with a crash at every write, and with
//! two workers that compete.

use durable_runtime::testing::{TestEnv, TestEnvBuilder, crash_everywhere};
use std::fmt::Debug;

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
    on_each_store(scenario).await
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
