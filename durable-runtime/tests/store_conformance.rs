//! The conformance suite on the stores of this crate.

use durable_runtime::store::{self, SqliteOptions, SqliteStore, Store};
use std::sync::Arc;
use tempfile::TempDir;

mod memory {
    use super::*;

    async fn make_store() -> (Arc<dyn Store>, ()) {
        (store::open("memory://").await.expect("a new store"), ())
    }

    durable_runtime::store_conformance!(make_store);
}

mod sqlite {
    use super::*;

    async fn make_store() -> (Arc<dyn Store>, TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("orders.db");
        let store = SqliteStore::open(path, SqliteOptions::default()).await;
        (Arc::new(store.expect("a new database")), folder)
    }

    durable_runtime::store_conformance!(make_store);
}
