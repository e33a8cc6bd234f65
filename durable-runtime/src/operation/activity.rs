//! Calls of activities: typed, serialisable values that carry their own policy.

use super::{ActivityRequest, Cancelled, Operation, Plan, Request, Resolution};
use crate::Durable;
use crate::codec;
use crate::id::{Timestamp, check_name};
use crate::registry::{Activities, ActivityContext, Instance, nothing};
use crate::store::Queueing;
use serde::{Deserialize, Serialize};
use std::any::TypeId;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// The error of an activity that cannot fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Infallible {}

/// How failed attempts of an activity are repeated. The delay before attempt *n* + 1 is
/// `initial × factor^(n-1)`, at most `max_interval`, spread by `jitter`.
///
/// The defaults are Temporal's: 1 s, factor 2, at most 100 × the first interval, no limit on the
/// number of attempts; and a jitter of 10 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RetryPolicy {
    /// Delay before the second attempt.
    pub initial: Duration,
    /// Growth from one delay to the next; at least 1.
    pub factor: f64,
    /// The longest delay; `None` is 100 × `initial`.
    pub max_interval: Option<Duration>,
    /// How often the body may run, the first time included; `None` is without limit.
    pub max_attempts: Option<u32>,
    /// Each delay is shortened or lengthened at random by up to this share (0 to 1).
    pub jitter: f64,
}

// `factor` and `jitter` are checked at compile time and never NaN.
impl Eq for RetryPolicy {}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            initial: Duration::from_secs(1),
            factor: 2.0,
            max_interval: None,
            max_attempts: None,
            jitter: 0.1,
        }
    }
}

impl RetryPolicy {
    /// One attempt, no retry.
    #[must_use]
    pub fn none() -> Self {
        Self {
            max_attempts: Some(1),
            ..Self::default()
        }
    }
}

/// Retry and time-out policy of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActivityOptions {
    /// How long one attempt may run.
    pub start_to_close: Option<Duration>,
    /// How long all attempts and the pauses between them may take together.
    pub schedule_to_close: Option<Duration>,
    /// Whose workers run it; `None`: those of the workflow's queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<Box<str>>,
    /// Before whom it has its turn there, where that is not as for the workflow that calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queueing: Option<Box<Queueing>>,
    /// How long an attempt may wait for one of a worker's slots
    /// ([`WorkerOptions::max_activities`](crate::WorkerOptions::max_activities)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule_to_start: Option<Duration>,
    /// How long an attempt may say nothing by [`activity::heartbeat`](crate::activity::heartbeat).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Duration>,
    /// What a cancellation does to the call.
    #[serde(skip_serializing_if = "CancellationType::is_try")]
    pub cancellation: CancellationType,
    /// Whether the body runs in the store's own [transaction](crate::transaction). A cancellation
    /// waits for it then, and no limit of time stops it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub transactional: bool,
    /// How failures are repeated.
    pub retry: RetryPolicy,
}

/// What becomes of an activity under way whose workflow is cancelled. Where only the branch that
/// awaits it is given up (a loser of a `select!`, a `timeout`, an aborted handle) nobody waits for
/// it in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CancellationType {
    /// The call ends at once with [`ActivityError::Cancelled`]. A body that has asked for its
    /// [`cancellation`](crate::activity::cancellation) is told, and may clean up while the workflow
    /// goes on; any other is stopped at its next await.
    #[default]
    Try,
    /// The body is told, and the call ends when it does: with [`ActivityError::Cancelled`] if it
    /// [confirms](crate::activity::Cancellation::confirm), else with its result. No other attempt
    /// follows. After a value the workflow hears of its cancellation at its next await. If the
    /// worker dies meanwhile, or between two attempts, the call ends as cancelled.
    Wait,
    /// The call ends at once with [`ActivityError::Cancelled`], and the body is not told. It runs
    /// to its end, for as long as its worker lives; what it gives is dropped.
    Abandon,
}

impl CancellationType {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
    fn is_try(&self) -> bool {
        *self == Self::Try
    }
}

impl Default for ActivityOptions {
    /// One minute per attempt, no limit in total, [`RetryPolicy::default`].
    fn default() -> Self {
        Self {
            start_to_close: Some(Duration::from_secs(60)),
            schedule_to_close: None,
            queue: None,
            queueing: None,
            schedule_to_start: None,
            heartbeat: None,
            cancellation: CancellationType::Try,
            transactional: false,
            retry: RetryPolicy::default(),
        }
    }
}

/// Which limit an activity ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum TimeoutKind {
    /// The last attempt ran longer than `start_to_close`.
    #[error("its last attempt ran longer than start_to_close")]
    StartToClose,
    /// All attempts together took longer than `schedule_to_close`.
    #[error("all attempts together took longer than schedule_to_close")]
    ScheduleToClose,
    /// An attempt waited longer than `schedule_to_start` for a slot of its worker.
    #[error("an attempt waited longer than schedule_to_start for its worker to begin it")]
    ScheduleToStart,
    /// The last attempt said nothing for longer than `heartbeat`.
    #[error("its last attempt gave no heartbeat in time")]
    Heartbeat,
}

impl TimeoutKind {
    /// What is put on record of an attempt that ran out of time.
    pub(crate) fn recorded(self) -> String {
        format!("timed out ({self:?})")
    }
}

/// The message of a panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(transparent)]
#[error("{0}")]
pub struct PanicMessage(pub String);

/// How an activity ended when it did not return a value. `E` is the activity's own error.
///
/// Every way to end has its own type in the chain of sources ([`TimeoutKind`], [`Cancelled`],
/// [`PanicMessage`], or whatever caused the activity's own error), so that code which sees only a
/// `dyn Error`, such as [`crate::Error`], can tell them apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ActivityError<E> {
    /// It returned this error and will not be tried again.
    Failed(E),
    /// It ran out of time.
    TimedOut(TimeoutKind),
    /// The workflow was cancelled while it ran.
    Cancelled,
    /// Its last attempt panicked with this message.
    Panicked(PanicMessage),
}

impl<E: fmt::Display> fmt::Display for ActivityError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(f),
            Self::TimedOut(_) => f.write_str("the activity timed out"),
            Self::Cancelled => f.write_str("the activity was cancelled"),
            Self::Panicked(_) => f.write_str("the activity panicked"),
        }
    }
}

impl<E: std::error::Error> std::error::Error for ActivityError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // `Failed` shows as the error itself, so it continues with that error's cause.
            Self::Failed(error) => error.source(),
            Self::TimedOut(kind) => Some(kind),
            Self::Cancelled => Some(&Cancelled),
            Self::Panicked(message) => Some(message),
        }
    }
}

impl<E> From<Cancelled> for ActivityError<E> {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

/// A call of an activity that has not begun. Await it in a workflow, keep it (a saga is a `Vec`
/// of them), or run its body at once with [`ActivityCall::call`] in a unit test.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "an activity does nothing unless its call is awaited in a workflow"]
pub struct ActivityCall<T, E> {
    name: Cow<'static, str>,
    #[serde(with = "codec::bytes")]
    args: Vec<u8>,
    pub(super) options: ActivityOptions,
    /// Why the arguments could not be encoded; reported when the call begins.
    #[serde(skip)]
    broken: Option<codec::Error>,
    #[serde(skip)]
    output: PhantomData<fn() -> (T, E)>,
}

impl<T, E> std::fmt::Debug for ActivityCall<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActivityCall")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<T, E> Clone for ActivityCall<T, E> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            args: self.args.clone(),
            options: self.options.clone(),
            broken: self.broken.clone(),
            output: PhantomData,
        }
    }
}

impl<T, E> ActivityCall<T, E> {
    /// Used by `#[activity]`.
    #[doc(hidden)]
    pub fn new(
        name: &'static str,
        args: Result<Vec<u8>, codec::Error>,
        options: ActivityOptions,
    ) -> Self {
        let (args, broken) = match args {
            Ok(args) => (args, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        Self {
            name: Cow::Borrowed(name),
            args,
            options,
            broken,
            output: PhantomData,
        }
    }

    /// The activity's persistent name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The call as data.
    pub(super) fn into_request(self, begun: Timestamp) -> Result<ActivityRequest, codec::Error> {
        let turn = self.options.turn();
        turn.check().map_err(codec::Error::custom)?;
        match self.broken {
            Some(error) => Err(error),
            None => Ok(ActivityRequest {
                name: self.name.into_owned(),
                args: self.args,
                options: self.options,
                begun,
            }),
        }
    }

    /// Limits each attempt of this call to `limit` (`start_to_close`).
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.options.start_to_close = Some(limit);
        self
    }

    /// Limits all attempts of this call together to `limit` (`schedule_to_close`).
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.options.schedule_to_close = Some(limit);
        self
    }

    /// Has this call carried out by workers of this queue. One that runs in the store's transaction
    /// stays with the worker of its workflow: it is refused when it begins.
    pub fn queue(mut self, queue: impl Into<Box<str>>) -> Self {
        if self.options.transactional {
            let name = &self.name;
            self.broken = Some(codec::Error::custom(format_args!(
                "activity {name} runs in the store's transaction, at the worker of its workflow; \
                 leave out `.queue(…)`"
            )));
        }
        let queue = queue.into();
        if let Err(error) = check_name("a queue's name", &queue) {
            self.broken = Some(codec::Error::custom(error));
        }
        self.options.queue = Some(queue);
        self
    }

    /// Limits how long an attempt of this call may wait for a slot of a worker
    /// (`schedule_to_start`). One that waits longer ends the call.
    pub fn schedule_to_start(mut self, limit: Duration) -> Self {
        self.options.schedule_to_start = Some(limit);
        self
    }

    /// Limits how long an attempt of this call may say nothing; see
    /// [`activity::heartbeat`](crate::activity::heartbeat).
    pub fn heartbeat(mut self, limit: Duration) -> Self {
        self.options.heartbeat = Some(limit);
        self
    }

    /// Says what a cancellation does to this call.
    pub fn cancellation(mut self, kind: CancellationType) -> Self {
        self.options.cancellation = kind;
        self
    }

    /// Replaces the retry policy of this call.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = policy;
        self
    }
}

impl<T: Durable, E: Durable> ActivityCall<T, E> {
    /// Runs the body once, here and now, without recording anything: for unit tests of activities.
    /// Time-outs and retries do not apply.
    ///
    /// # Errors
    /// [`ActivityError::Failed`] with the body's own error; [`ActivityError::Panicked`] also when
    /// the arguments or the result cannot be encoded or decoded.
    pub async fn call(self) -> Result<T, ActivityError<E>> {
        self.called(None).await
    }

    /// The same for an activity that is a method, on this value.
    ///
    /// # Errors
    /// As [`call`](Self::call); [`ActivityError::Panicked`] also when it is a method of another
    /// type.
    pub async fn call_on<I: Activities>(self, instance: Arc<I>) -> Result<T, ActivityError<E>> {
        self.called(Some((TypeId::of::<I>(), instance))).await
    }

    async fn called(self, instance: Option<(TypeId, Instance)>) -> Result<T, ActivityError<E>> {
        let panicked = |e: codec::Error| ActivityError::Panicked(PanicMessage(e.to_string()));
        if let Some(error) = self.broken {
            return Err(panicked(error));
        }
        let Some(def) = crate::registry::activity(&self.name) else {
            let text = format!("the activity `{}` is not in this binary", self.name);
            return Err(ActivityError::Panicked(PanicMessage(text)));
        };
        let instance = match (def.on.map(|on| on()), instance) {
            (None, _) => nothing(),
            (Some(on), Some((of, instance))) if on.id == of => instance,
            (Some(on), _) => {
                let (name, ty) = (&self.name, on.name);
                let text = format!("`{name}` is a method of `{ty}`: give it one by `call_on`");
                return Err(ActivityError::Panicked(PanicMessage(text)));
            }
        };
        let context = ActivityContext::nowhere(format!("call/{}", self.name), 1);
        let attempt = (def.run)(&instance, context, &self.args).map_err(panicked)?;
        Self::complete(attempt.await.resolution).map_err(panicked)?
    }
}

impl<T: Durable, E: Durable> Operation for ActivityCall<T, E> {
    type Output = Result<T, ActivityError<E>>;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::Call(Request::Activity(Box::new(
            self.into_request(now)?,
        ))))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        Ok(match resolution {
            Resolution::Returned(value) => Ok(codec::decode(&value)?),
            Resolution::Failed(error) => Err(ActivityError::Failed(codec::decode(&error)?)),
            Resolution::TimedOut(kind) => Err(ActivityError::TimedOut(kind)),
            Resolution::Panicked(message) => Err(ActivityError::Panicked(PanicMessage(message))),
            Resolution::Cancelled => Err(ActivityError::Cancelled),
            other => {
                return Err(codec::Error::custom(format_args!(
                    "an activity cannot end with {other:?}"
                )));
            }
        })
    }
}
