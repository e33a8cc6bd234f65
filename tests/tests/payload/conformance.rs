//! The conformance suite of stores, through the codecs.

use crate::support::{codecs, key_a};
use durable_runtime::store::{self, SqliteOptions, SqliteStore, Store};
use std::sync::Arc;
use tempfile::TempDir;

mod memory {
    use super::*;

    async fn make_store() -> (Arc<dyn Store>, ()) {
        let store = store::open("memory://").await.expect("a new store");
        (codecs(key_a()).over(store), ())
    }

    durable_runtime::store_conformance!(make_store);
}

mod sqlite {
    use super::*;

    async fn make_store() -> (Arc<dyn Store>, TempDir) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("orders.db");
        let store = SqliteStore::open(path, SqliteOptions::default()).await;
        let store = Arc::new(store.expect("a new database"));
        (codecs(key_a()).over(store), folder)
    }

    durable_runtime::store_conformance!(make_store);
}
