//! PostgreSQL: the conformance suite, and what only a server does.

#![cfg(all(unix, feature = "postgres"))]

mod beginning;
mod hints;
mod limits;
mod opening;
mod racing;
#[path = "../store_kit/mod.rs"]
mod store_kit;

mod conformance {
    use durable_runtime::store::{self, Store};
    use postgres_for_tests::{Schema, is_there, schema};
    use std::sync::Arc;

    async fn make_store() -> (Arc<dyn Store>, Schema) {
        let schema = schema();
        let store = store::open(&schema.url).await;
        (store.expect("a new schema"), schema)
    }

    durable_runtime::store_conformance!(make_store, if is_there);
}
