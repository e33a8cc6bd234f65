//! What the body of an activity and its attribute can say beside a result.

mod cancellation;
mod completions;
mod delays;
mod elsewhere;
mod heartbeats;
mod methods;
mod unread;

use crate::support::{Bench, Running, options};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::Store;
use std::sync::Arc;

/// A worker whose activities run the bodies that stand in the tests.
pub(crate) fn worker(bench: &Bench) -> Running {
    worker_with(bench, &options())
}

pub(crate) fn worker_with(bench: &Bench, options: &WorkerOptions) -> Running {
    Running::new(linked_worker(bench.store.clone(), bench, options))
}

/// One on a store of its own, with all that stands in the tests.
pub(crate) fn linked_worker(
    store: Arc<dyn Store>,
    bench: &Bench,
    options: &WorkerOptions,
) -> Worker {
    Worker::new(store, options.clone())
        .registry(linked())
        .without::<methods::Payments>()
        .clock(Arc::new(bench.clock.clone()))
}

/// All that stands in the tests.
fn linked() -> Registry {
    let workflows = registry::workflows().fold(Registry::new(), Registry::with_workflow);
    registry::activities().fold(workflows, Registry::with_activity)
}
