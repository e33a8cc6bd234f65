//! Before starts.

use crate::codec;
use crate::error::Error;
use crate::machine::Durable;
use crate::operation::{Memo, SearchKey, SearchValue, WorkflowOptions};
use crate::panics::caught;
use crate::propagation::Headers;
use crate::store::Tags;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Is asked before a client starts a workflow: it can log the start, add headers, memos and search
/// attributes, and refuse. Of several the one that was added first comes first.
///
/// It runs in the middle of the start, after the [propagators](crate::propagation), so it takes no
/// time; if it panics, the start is refused. It is asked once for a start, also where that finds the id
/// taken; a schedule is asked about when it is created: memos and attributes are those of all
/// its runs, and headers are left out. Children that a workflow starts are not asked about.
///
/// ```
/// use durable_runtime::Error;
/// use durable_runtime::interception::{StartInterceptor, Starting};
///
/// #[derive(Debug)]
/// struct OfTenants;
///
/// impl StartInterceptor for OfTenants {
///     fn start(&self, start: &mut Starting<'_>) -> Result<(), Error> {
///         match start.headers().get("tenant") {
///             Some(_) => Ok(()),
///             None => Err(Error::msg("a start needs a tenant")),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let client = durable_runtime::Client::connect("memory://").await?.intercept_starts(OfTenants);
/// # Ok(())
/// # }
/// ```
pub trait StartInterceptor: fmt::Debug + Send + Sync + 'static {
    /// Looks at the start and changes what may be changed.
    ///
    /// # Errors
    /// When nothing is to be started; the caller gets this in
    /// [`StartError::Refused`](crate::StartError::Refused).
    fn start(&self, start: &mut Starting<'_>) -> Result<(), Error>;
}

/// A start that is about to be written.
#[derive(Debug)]
pub struct Starting<'a> {
    pub(crate) workflow: &'a str,
    pub(crate) id: &'a str,
    pub(crate) queue: &'a str,
    pub(crate) options: &'a WorkflowOptions,
    pub(crate) input: &'a [u8],
    pub(crate) tags: &'a mut Tags,
}

impl Starting<'_> {
    /// The workflow's persistent name.
    #[must_use]
    pub fn workflow(&self) -> &str {
        self.workflow
    }

    /// The id that it is to have.
    #[must_use]
    pub fn id(&self) -> &str {
        self.id
    }

    /// The queue that it is to wait in.
    #[must_use]
    pub fn queue(&self) -> &str {
        self.queue
    }

    /// Its time-outs and retries.
    #[must_use]
    pub fn options(&self) -> &WorkflowOptions {
        self.options
    }

    /// The arguments by name.
    ///
    /// # Errors
    /// When they do not decode: somebody has encoded them elsewhere.
    pub fn input(&self) -> Result<Value, codec::Error> {
        codec::to_json(self.input)
    }

    /// The headers that go along with it.
    #[must_use]
    pub fn headers(&self) -> &Headers {
        &self.tags.headers
    }

    /// The same, to be changed.
    pub fn headers_mut(&mut self) -> &mut Headers {
        &mut self.tags.headers
    }

    /// Notes a value about the workflow.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn memo<T: Durable>(&mut self, memo: Memo<T>, value: &T) -> Result<(), codec::Error> {
        memo.tag(self.tags, value)
    }

    /// Sets a search attribute.
    pub fn attribute<T: SearchValue>(&mut self, key: SearchKey<T>, value: impl Into<T>) {
        key.tag(self.tags, value);
    }
}

/// The interceptors of a client, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct StartInterceptors(Vec<Arc<dyn StartInterceptor>>);

impl StartInterceptors {
    pub(crate) fn with(mut self, interceptor: Arc<dyn StartInterceptor>) -> Self {
        self.0.push(interceptor);
        self
    }

    /// Asks all, up to one that refuses.
    pub(crate) fn ask(&self, start: &mut Starting<'_>) -> Result<(), Error> {
        let mut all = self.0.iter();
        all.try_for_each(|interceptor| {
            let asked = caught(|| interceptor.start(start));
            asked.unwrap_or_else(|panic| {
                tracing::error!(error = panic, "an interceptor of starts panicked");
                Err(Error::msg(format!(
                    "an interceptor of starts panicked: {panic}"
                )))
            })
        })
    }
}
