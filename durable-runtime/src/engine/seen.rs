//! How attempts of activities are seen from outside: their spans, and the headers in them.

use crate::id::{RunId, WorkflowId};
use crate::propagation::{Headers, Propagators, trace};
use crate::registry::ActivityContext;
use tracing::{Span, field};

/// Where an attempt comes from.
pub(super) struct Origin<'a> {
    /// The function that calls.
    pub(super) workflow: &'a str,
    pub(super) id: &'a WorkflowId,
    pub(super) run: RunId,
    /// What goes along with it.
    pub(super) headers: &'a Headers,
}

impl Origin<'_> {
    /// The span of an attempt of an activity, and its context with the headers that it sees.
    pub(super) fn attempt(
        &self,
        propagators: &Propagators,
        activity: &str,
        context: ActivityContext,
    ) -> (ActivityContext, Span) {
        let span = tracing::info_span!(
            "activity attempt",
            activity,
            attempt = context.attempt,
            workflow = self.workflow,
            id = %self.id,
            run = %self.run,
            traceparent = field::Empty,
        );
        let span = self.linked(propagators, span);
        let headers = propagators.injected(&span, self.headers);
        (context.with_headers(headers), span)
    }

    /// Links a span that has just been made.
    pub(super) fn linked(&self, propagators: &Propagators, span: Span) -> Span {
        if let Some(trace) = trace(self.headers) {
            span.record("traceparent", trace);
        }
        propagators.link(&span, self.headers);
        span
    }
}
