//! What the body of an activity and its attribute can say beside a result.

mod cancellation;
mod completions;
mod delays;
mod elsewhere;
mod heartbeats;
mod methods;

use crate::support::{Bench, Running, options};
use durable_runtime::engine::WorkerOptions;
use durable_runtime::registry::{self, Registry};

/// A worker whose activities run the bodies that stand in the tests.
pub(crate) fn worker(bench: &Bench) -> Running {
    worker_with(bench, &options())
}

pub(crate) fn worker_with(bench: &Bench, options: &WorkerOptions) -> Running {
    Running::new(
        bench
            .prepare(options)
            .registry(linked())
            .without::<methods::Payments>(),
    )
}

/// All that stands in the tests.
pub(crate) fn linked() -> Registry {
    let workflows = registry::workflows().fold(Registry::new(), Registry::with_workflow);
    registry::activities().fold(workflows, Registry::with_activity)
}
