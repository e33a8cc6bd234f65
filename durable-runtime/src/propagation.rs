//! Headers: text that goes along with a workflow, from whoever starts it to its activities, in
//! whichever process they run; and spans, linked by them.
//!
//! ```text
//!   client: span `start` ── inject ─▶ headers ─▶ store ─▶ worker: span `workflow step`
//!                                        │                        span `activity attempt` ── inject
//!                                        └─▶ children, runs that go on in its place          │
//!                                                        activity::context().headers ◀───────┘
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tracing::Span;

/// Headers by name. The names are the application's: `traceparent`, `tenant`.
pub type Headers = BTreeMap<String, String>;

/// The header that says to which trace a span belongs, as the W3C writes it.
pub const TRACEPARENT: &str = "traceparent";

/// Carries what an application knows of its surroundings (a trace, a tenant) over to where its
/// workflows and activities run. Given to clients and workers.
///
/// This one passes on whose request it is:
///
/// ```
/// use durable_runtime::propagation::{Headers, Propagator};
///
/// tokio::task_local! {
///     static TENANT: String;
/// }
///
/// #[derive(Debug)]
/// struct Tenant;
///
/// impl Propagator for Tenant {
///     fn inject(&self, headers: &mut Headers) {
///         // Where none is known, the workflow's own stays.
///         let _ = TENANT.try_with(|tenant| headers.insert("tenant".into(), tenant.clone()));
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = durable_runtime::Client::connect("memory://").await?.propagator(Tenant);
/// # Ok(())
/// # }
/// ```
pub trait Propagator: fmt::Debug + Send + Sync + 'static {
    /// Adds what is to be known where the headers go: called in the span of a start, with the
    /// headers that the start has, and in the span of an attempt, with those of the workflow. It
    /// runs in the middle of both, so it takes no time; one that panics adds nothing.
    fn inject(&self, headers: &mut Headers);

    /// Links a new span of a worker, in which nothing has happened yet, to where the headers come
    /// from.
    fn link(&self, span: &Span, headers: &Headers) {
        let _ = (span, headers);
    }
}

/// The propagators of a client or a worker.
#[derive(Clone, Debug, Default)]
pub(crate) struct Propagators(Vec<Arc<dyn Propagator>>);

impl Propagators {
    pub(crate) fn with(mut self, propagator: Arc<dyn Propagator>) -> Self {
        self.0.push(propagator);
        self
    }

    /// Headers as they are to go on from this span.
    pub(crate) fn injected(&self, span: &Span, headers: &Headers) -> Headers {
        let mut headers = headers.clone();
        span.in_scope(|| {
            for propagator in &self.0 {
                let mut more = headers.clone();
                if contained(|| propagator.inject(&mut more)) {
                    headers = more;
                }
            }
        });
        headers
    }

    /// Links a span that has just been made.
    pub(crate) fn link(&self, span: &Span, headers: &Headers) {
        for propagator in &self.0 {
            contained(|| propagator.link(span, headers));
        }
    }
}

/// Whether it did not panic.
fn contained(act: impl FnOnce()) -> bool {
    let done = crate::panics::caught(act);
    done.inspect_err(|error| tracing::error!(error, "a propagator panicked"))
        .is_ok()
}

/// The trace that headers name, for a span's field.
pub(crate) fn trace(headers: &Headers) -> Option<&str> {
    headers.get(TRACEPARENT).map(String::as_str)
}
