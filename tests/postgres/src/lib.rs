//! A PostgreSQL for tests: the one that `DURABLE_TEST_POSTGRES` names, or a private one, which this
//! process starts and which ends with it; in each, a schema for every store.

#![cfg(unix)]

mod server;

use server::Server;
use std::fmt::Debug;
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::Runtime;

/// What names a server: `postgres://user:password@host/database`.
const VARIABLE: &str = "DURABLE_TEST_POSTGRES";

/// Where the tests of this process work.
enum Place {
    /// On a server of somebody else, on which nothing is left behind.
    Given(String),
    Private(Server),
}

impl Place {
    fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Private(server) => server.url(),
        }
    }
}

fn place() -> Option<&'static Place> {
    static PLACE: OnceLock<Option<Place>> = OnceLock::new();
    let found = PLACE.get_or_init(|| {
        if let Ok(url) = std::env::var(VARIABLE) {
            return Some(Place::Given(url));
        }
        match Server::start() {
            Ok(server) => Some(Place::Private(server)),
            Err(why) => {
                // Past the test harness, which keeps back what `eprintln!` says.
                let _ = writeln!(
                    std::io::stderr(),
                    "PostgreSQL tests are skipped: {why}. Install PostgreSQL, or set \
                     {VARIABLE}=postgres://user:password@host/database."
                );
                None
            }
        }
    });
    found.as_ref()
}

/// Whether there is one. If not, it has been said why.
#[must_use]
pub fn is_there() -> bool {
    place().is_some()
}

/// A schema of its own, deleted when it is dropped.
#[derive(Debug)]
pub struct Schema {
    /// What a store is opened with.
    pub url: String,
    /// What it is called on the server.
    pub name: String,
}

/// A new schema, which is empty.
///
/// # Panics
/// If none [`is_there`].
#[must_use]
pub fn schema() -> Schema {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let name = format!("durable_test_{process}_{count}");
    let base = place().expect("there is a server").url();
    let joined = if base.contains('?') { '&' } else { '?' };
    let url = format!("{base}{joined}schema={name}");
    Schema { url, name }
}

/// Opens a store, or whatever it is, in a new schema, where nobody can await it. Its connections outlive the
/// runtime of the test that asks for it.
///
/// # Panics
/// If it cannot be opened, and if no server [`is_there`].
pub fn opened<S, E, F>(open: impl FnOnce(String) -> F + Send) -> (S, Schema)
where
    S: Send,
    E: Debug + Send,
    F: Future<Output = Result<S, E>>,
{
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let schema = schema();
    let url = schema.url.clone();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).enable_all().build();
        runtime.expect("a runtime")
    });
    // Whoever asks may be in a runtime, where none can block.
    let opened = std::thread::scope(|scope| {
        let opening = scope.spawn(|| runtime.block_on(open(url)));
        opening.join().expect("no panic")
    });
    (opened.expect("a new schema"), schema)
}

impl Drop for Schema {
    fn drop(&mut self) {
        let Some(Place::Given(url)) = place() else {
            // It goes with its server.
            return;
        };
        let sql = format!("DROP SCHEMA IF EXISTS {} CASCADE", self.name);
        // Whoever drops it may be in a runtime.
        let dropped = std::thread::spawn(move || server::execute(url, &sql)).join();
        if !std::thread::panicking() {
            let dropped = dropped.expect("no panic");
            dropped.expect("the schema can be deleted");
        }
    }
}

/// Runs statements behind the store's back; `@` before a table stands for the schema.
///
/// # Panics
/// If one of them fails.
pub async fn execute(sql: &str, schema: &Schema) {
    let sql = sql.replace('@', &format!("{}.", schema.name));
    let url = place().expect("there is a server").url();
    let done = tokio::task::spawn_blocking(move || server::execute(url, &sql));
    done.await.expect("no panic").expect("statements that work");
}
