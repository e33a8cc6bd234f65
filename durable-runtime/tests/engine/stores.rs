//! The store that benches are on: in memory, or with `DURABLE_TEST_STORE=postgres` in the environment on
//! the PostgreSQL of the tests, where any test of the engine can be run as it is.

use durable_runtime::store::{MemoryStore, Store, StoreError};
use std::fmt::Debug;
use std::sync::Arc;

/// What names the store.
const VARIABLE: &str = "DURABLE_TEST_STORE";

/// Keeps the place of a store for as long as it is used.
pub(crate) type Keeper = Arc<dyn Debug + Send + Sync>;

/// A new store, which is empty.
pub(crate) fn new() -> (Arc<dyn Store>, Option<Keeper>) {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) | Ok("memory") => (Arc::new(MemoryStore::new()), None),
        #[cfg(all(unix, feature = "postgres"))]
        Ok("postgres") => {
            let (store, schema) = postgres_for_tests::opened(open);
            (store, Some(Arc::new(schema)))
        }
        Ok(other) => panic!("{VARIABLE} is \"{other}\", and not \"memory\" or \"postgres\""),
    }
}

#[cfg(all(unix, feature = "postgres"))]
async fn open(url: String) -> Result<Arc<dyn Store>, StoreError> {
    durable_runtime::store::open(&url).await
}
