//! What of a run is seen from outside: spans, and warnings.

use super::Run;
use crate::engine::seen::Origin;
use crate::metrics;
use crate::operation::{Answered, Request, Resolution};
use crate::registry::ActivityContext;
use crate::store::Write;
use tracing::{Span, field};

impl Run {
    /// The span of one turn of the code. A workflow may last for months, so it has none of its own.
    pub(super) fn step_span(&self) -> Span {
        let instance = &self.instance;
        let span = tracing::info_span!(
            "workflow step",
            workflow = instance.workflow,
            id = %instance.id,
            run = %instance.run,
            seq = instance.seq,
            traceparent = field::Empty,
        );
        self.origin().linked(&self.life.propagators, span)
    }

    /// The span of an attempt of an activity, and its context with the headers that it sees.
    pub(super) fn seen_attempt(
        &self,
        activity: &str,
        context: ActivityContext,
    ) -> (ActivityContext, Span) {
        let propagators = &self.life.propagators;
        self.origin().attempt(propagators, activity, context)
    }

    fn origin(&self) -> Origin<'_> {
        Origin {
            workflow: &self.instance.workflow,
            id: &self.instance.id,
            run: self.instance.run,
            headers: &self.instance.tags.headers,
        }
    }

    /// How late the timers are of which the code is about to hear.
    pub(super) fn measure_timers(&self) {
        let fired = |given: &&Answered| given.answer == Resolution::Fired;
        if !metrics::ON || !self.instance.given().iter().any(|given| fired(&given)) {
            return;
        }
        let calls = self.instance.calls();
        for given in self.instance.given().iter().filter(fired) {
            let call = calls.iter().find(|call| call.op == given.op);
            if let Some(Request::Timer { due }) = call.map(|call| &call.request) {
                self.life.meters.fired(&self.instance.workflow, *due);
            }
        }
    }

    /// Warns of values that come near to a limit.
    pub(super) fn warn_of_large(&self, writes: &[Write]) {
        let (workflow, options) = (&self.instance.workflow, &self.life.options);
        let sizes = &self.life.sizes;
        let large = writes
            .iter()
            .filter_map(|write| sizes.look(workflow, write, options));
        for large in large {
            tracing::warn!(
                workflow,
                id = %self.instance.id,
                at = large.label,
                bytes = large.bytes,
                limit = large.limit,
                largest = large.largest,
                "{} is large; above the limit the run is blocked. Keep large data elsewhere, and \
                 a reference to it in the workflow",
                large.what,
            );
        }
    }
}
