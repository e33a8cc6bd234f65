use durable_runtime::{Worker, WorkerOptions};
use std::sync::Arc;

struct Clients;

impl Clients {
    fn charge(&self) {}
}

fn main() {
    let store = Arc::new(durable_runtime::store::MemoryStore::new());
    let _ = Worker::new(store, WorkerOptions::default()).with(Clients);
}
