//! Around attempts of activities.

use crate::activity;
use crate::codec;
use crate::operation::Resolution;
use crate::panics::{caught, unwinding};
use crate::propagation::Headers;
use crate::registry::{ActivityContext, ActivityFn, AttemptEnd};
use serde_json::Value;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Stands around every attempt of every activity of a worker: it can time and log it, set up what the
/// body finds in task-locals, change the headers that the body sees, refuse to run it, and say that
/// a failure is for good.
///
/// It is part of the attempt: the time-outs count while it runs, [`activity::context`] is that of
/// the attempt, and a cancellation or a time-out drops it at its await, so clean up in a destructor.
/// A panic of it is a panic of the attempt. Several stand around each other, the one that was added
/// first outside.
///
/// ```
/// use durable_runtime::interception::{ActivityInterceptor, Attempt, Ended, Next};
///
/// #[derive(Debug)]
/// struct Logged;
///
/// impl ActivityInterceptor for Logged {
///     async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
///         let what = format!("{} of {}", attempt.activity(), attempt.context().workflow_id);
///         let ended = next.run(attempt).await;
///         println!("{what}: {}", ended.error().unwrap_or("done"));
///         ended
///     }
/// }
///
/// # async fn run(store: std::sync::Arc<dyn durable_runtime::store::Store>) {
/// let worker = durable_runtime::Worker::new(store, Default::default()).intercept_activities(Logged);
/// # }
/// ```
pub trait ActivityInterceptor: fmt::Debug + Send + Sync + 'static {
    /// Runs the attempt by `next`, or does not.
    fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> impl Future<Output = Ended> + Send;
}

/// An attempt that is about to run.
#[derive(Debug)]
pub struct Attempt<'a> {
    activity: &'a str,
    args: &'a [u8],
    context: ActivityContext,
}

impl Attempt<'_> {
    /// The activity's persistent name.
    #[must_use]
    pub fn activity(&self) -> &str {
        self.activity
    }

    /// Whose attempt it is, the how manieth, with which headers.
    #[must_use]
    pub fn context(&self) -> &ActivityContext {
        &self.context
    }

    /// The headers that the body sees. What changes is not the workflow's: the next attempt has them
    /// as they were.
    pub fn headers_mut(&mut self) -> &mut Headers {
        Arc::make_mut(&mut self.context.headers)
    }

    /// The arguments by name. They are on record, so nobody changes them.
    ///
    /// # Errors
    /// When they do not decode.
    pub fn input(&self) -> Result<Value, codec::Error> {
        codec::to_json(self.args)
    }
}

/// What an interceptor stands around: those after it, and the body.
pub struct Next<'a> {
    rest: &'a [Arc<dyn Erased>],
    body: &'a ActivityFn,
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = &self.rest;
        f.debug_struct("Next")
            .field("rest", rest)
            .finish_non_exhaustive()
    }
}

impl Next<'_> {
    /// Runs the attempt. A panic is an end like any other.
    pub async fn run(self, attempt: Attempt<'_>) -> Ended {
        let Some((first, rest)) = self.rest.split_first() else {
            return body(self.body, attempt).await;
        };
        let next = Next { rest, ..self };
        let running = match caught(|| first.execute(attempt, next)) {
            Ok(running) => running,
            Err(message) => return Ended(How::Panicked(message)),
        };
        let ended = unwinding(running).await;
        ended.unwrap_or_else(|message| Ended(How::Panicked(message)))
    }
}

async fn body(body: &ActivityFn, attempt: Attempt<'_>) -> Ended {
    let Attempt {
        activity,
        args,
        context,
    } = attempt;
    let future = match caught(|| body(context.clone(), args)) {
        Ok(Ok(future)) => future,
        Ok(Err(error)) => return Ended(How::Unfit(format!("activity {activity}: {error}"))),
        Err(message) => return Ended(How::Panicked(message)),
    };
    let ended = activity::within(context, unwinding(future)).await;
    Ended(ended.map_or_else(How::Panicked, How::Ended))
}

/// How an attempt ended.
#[derive(Debug)]
pub struct Ended(How);

#[derive(Debug)]
pub(crate) enum How {
    Ended(AttemptEnd),
    Panicked(String),
    /// The reason; whether it may be tried again.
    Refused(String, bool),
    /// This binary cannot run it.
    Unfit(String),
}

impl Ended {
    /// The attempt fails without its body. It is repeated by the retry policy, unless that is
    /// [for good](Self::for_good); in the end the workflow gets
    /// [`ActivityError::Panicked`](crate::operation::ActivityError::Panicked) with this text, since
    /// nobody but the activity has values of its own error.
    #[must_use]
    pub fn refused(reason: impl fmt::Display) -> Self {
        Self(How::Refused(format!("refused: {reason}"), true))
    }

    /// A failure after which no other attempt follows. A value stays a value; a panic becomes a
    /// refusal.
    #[must_use]
    pub fn for_good(self) -> Self {
        Self(match self.0 {
            How::Ended(end) => How::Ended(AttemptEnd {
                retryable: false,
                ..end
            }),
            How::Refused(reason, _) | How::Panicked(reason) => How::Refused(reason, false),
            unfit @ How::Unfit(_) => unfit,
        })
    }

    /// Whether the body has given a value.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.error().is_none()
    }

    /// Why it has not, as text.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        match &self.0 {
            How::Ended(end) if matches!(end.resolution, Resolution::Returned(_)) => None,
            How::Ended(end) => Some(end.error.as_deref().unwrap_or("failed")),
            How::Panicked(text) | How::Refused(text, _) | How::Unfit(text) => Some(text),
        }
    }

    /// The value or the error that the body has given.
    #[must_use]
    pub fn output(&self) -> Option<Value> {
        match &self.0 {
            How::Ended(AttemptEnd {
                resolution: Resolution::Returned(bytes) | Resolution::Failed(bytes),
                ..
            }) => codec::to_json(bytes).ok(),
            _ => None,
        }
    }
}

/// An interceptor of which only the worker's list knows the type.
trait Erased: fmt::Debug + Send + Sync {
    fn execute<'a>(
        &'a self,
        attempt: Attempt<'a>,
        next: Next<'a>,
    ) -> Pin<Box<dyn Future<Output = Ended> + Send + 'a>>;
}

impl<I: ActivityInterceptor> Erased for I {
    fn execute<'a>(
        &'a self,
        attempt: Attempt<'a>,
        next: Next<'a>,
    ) -> Pin<Box<dyn Future<Output = Ended> + Send + 'a>> {
        Box::pin(ActivityInterceptor::execute(self, attempt, next))
    }
}

/// The interceptors of a worker, from the outside in.
#[derive(Clone, Debug, Default)]
pub(crate) struct ActivityInterceptors(Vec<Arc<dyn Erased>>);

impl ActivityInterceptors {
    pub(crate) fn with(mut self, interceptor: Arc<impl ActivityInterceptor>) -> Self {
        self.0.push(interceptor);
        self
    }

    /// Runs one attempt within all of them.
    pub(crate) async fn run(
        &self,
        activity: &str,
        args: &[u8],
        context: ActivityContext,
        body: &ActivityFn,
    ) -> How {
        let attempt = Attempt {
            activity,
            args,
            context,
        };
        let next = Next {
            rest: &self.0,
            body,
        };
        next.run(attempt).await.0
    }
}
