//! What a workflow may await. Calls are values, not futures: awaiting one suspends the workflow.
//!
//! [`Operation`] is the one trait behind `.await` in a workflow. `begin` says what is to happen
//! ([`Plan`]), as plain data that is stored with the frame; when there is an answer
//! ([`Resolution`]), `complete` turns it into the typed output.

mod activity;
mod boxed;
mod child;
mod composite;
mod continued;
mod interval;
pub(crate) mod lent;
mod limits;
mod message;
mod named;
mod options;
mod published;
mod saga;
mod search;
mod shield;
mod signal;
mod spawn;
mod timer;
mod turn;
mod update;
mod workflow;

pub use activity::{
    ActivityCall, ActivityError, ActivityOptions, CancellationType, Infallible, PanicMessage,
    RetryPolicy, TimeoutKind,
};
pub(crate) use child::child;
pub use child::{Child, ChildCancellation, ChildError, SpawnChild, SpawnDetached, SpawnError};
pub use composite::{Elapsed, JoinAll, Timeout, TryJoinAll, join_all, timeout, try_join_all};
pub use continued::{ContinueAsNew, continue_as_new};
pub use interval::{Interval, interval};
pub use lent::LentCall;
pub use message::{External, SendError, SendMessage, external};
pub use options::WorkflowOptions;
pub use published::Published;
pub use saga::{FailedUndo, Saga, SagaError, Undo};
pub use search::{Memo, SearchKey, SearchValue};
pub use shield::{Shield, shield};
pub use signal::{Recv, Signal};
pub use spawn::{JoinHandle, JoinNext, JoinSet, Spawn, SpawnAs, spawn};
pub use timer::{Cancelled, Sleep, sleep, sleep_until};
pub(crate) use update::received;
pub use update::{Received, RecvUpdate, Update};
pub use workflow::{ByName, InBlock, WorkflowCall};

use crate::Durable;
use crate::codec;
use crate::codec::limits::PAYLOAD_BYTES_MAX;
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::registry::WorkflowDef;
use crate::store::{IdPolicy, MessageKind, ParentClose, Queueing, Tags};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that can be awaited in a workflow.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited in a workflow",
    label = "what is awaited here is not a durable operation",
    note = "a workflow may await activities, timers and other workflows; an async function that awaits these is a workflow itself: write `#[workflow]` on it; wrap other async code in an `#[activity]`",
    note = "code: durable D14"
)]
pub trait Operation {
    /// What the await gives.
    type Output: Durable;

    /// Describes the operation as data. `now` is the clock at the await.
    ///
    /// # Errors
    /// When an argument cannot be encoded.
    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error>;

    /// Decodes the answer. An output that is a `Result` is an `Err` exactly if the answer
    /// [is a failure](Resolution::is_failure).
    ///
    /// # Errors
    /// When the recorded answer does not fit the output's type in this binary.
    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error>;

    /// The function that runs inline when this is awaited, where no name leads to it.
    #[doc(hidden)]
    #[must_use]
    fn inlines() -> Option<&'static WorkflowDef> {
        None
    }
}

/// What is to happen when an operation is awaited.
#[derive(Clone, Debug)]
pub enum Plan {
    /// The engine does it.
    Call(Request),
    /// Another workflow function runs as a part of this one.
    Inline {
        /// The function.
        def: &'static WorkflowDef,
        /// Its encoded arguments.
        input: Vec<u8>,
    },
    /// All of these, until each has an answer: [`Resolution::All`].
    All(Vec<Plan>),
    /// All of these, until each has an answer, or one fails: [`Resolution::FirstFailure`].
    TryAll(Vec<Plan>),
    /// The first of these, and the others to put an end to it: [`Resolution::Won`].
    Race(Vec<Plan>),
    /// This, which a cancellation does not reach.
    Shield(Box<Plan>),
    /// The output of an operation that was spawned under this number.
    Spawned(u64),
    /// The output of the first of such operations to end: [`Resolution::Won`], or no answers
    /// ([`Resolution::All`]) if there are no such operations.
    FirstOf(Vec<u64>),
}

impl From<Request> for Plan {
    fn from(request: Request) -> Self {
        Self::Call(request)
    }
}

/// An operation as it is stored with a frame, readable without the code that began it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Call an activity.
    Activity(Box<ActivityRequest>),
    /// Wait until an instant.
    Timer {
        /// When it fires; fixed when the await began.
        due: Timestamp,
    },
    /// Wait for a signal.
    Signal {
        /// Its name.
        name: String,
    },
    /// Wait for an update.
    Update {
        /// Its name.
        name: String,
    },
    /// Start another workflow.
    Start(Box<StartRequest>),
    /// Wait for the end of a child.
    Child {
        /// The child.
        id: WorkflowId,
        /// The run that started it.
        parent: RunId,
        /// The number of the operation that did.
        op: u64,
        /// What a cancellation does.
        #[serde(default, skip_serializing_if = "ChildCancellation::is_abandon")]
        cancellation: ChildCancellation,
    },
    /// Send another workflow a message.
    Send(SendRequest),
    /// End this run and begin a new one under its id.
    Continue {
        /// The workflow's persistent name.
        workflow: String,
        /// Its encoded input.
        #[serde(with = "codec::bytes")]
        input: Vec<u8>,
    },
}

impl Request {
    /// Whether a cancellation waits for its end once it has begun: for an act, because nobody knows
    /// whether it is done, and for an activity that wants that.
    #[must_use]
    pub(crate) fn is_waited_for(&self) -> bool {
        match self {
            Self::Activity(activity) => {
                let options = &activity.options;
                options.transactional || options.cancellation == CancellationType::Wait
            }
            other => other.is_act(),
        }
    }

    /// Whether a cancellation has to reach a child first.
    #[must_use]
    pub(crate) fn asks_child(&self) -> bool {
        matches!(self, Self::Child { cancellation, .. } if *cancellation != ChildCancellation::Abandon)
    }

    /// Whether a cancellation waits for the end of a child.
    #[must_use]
    pub(crate) fn waits_for_child(&self) -> bool {
        matches!(
            self,
            Self::Child {
                cancellation: ChildCancellation::Wait,
                ..
            }
        )
    }

    /// Whether an attempt of it is something that the store does: an act, or a request to a child.
    #[must_use]
    pub(crate) fn is_for_store(&self) -> bool {
        self.is_act() || self.asks_child()
    }

    /// Whether it is an act on the store, done at once and once, and not something to wait for.
    #[must_use]
    pub(crate) fn is_act(&self) -> bool {
        matches!(self, Self::Start(_) | Self::Send(_))
    }
}

/// A start of a workflow by another one, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartRequest {
    /// The id.
    pub id: WorkflowId,
    /// The workflow's persistent name.
    pub workflow: String,
    /// Its queue, if it is not that of the workflow that starts it.
    pub queue: Option<String>,
    /// Encoded input.
    #[serde(with = "codec::bytes")]
    pub input: Vec<u8>,
    /// What becomes of it when the workflow that starts it has ended.
    pub close: ParentClose,
    /// Whether the workflow that starts it is told of its end.
    pub reports: bool,
    /// What to do if the id is taken.
    #[serde(default, skip_serializing_if = "IdPolicy::is_default")]
    pub ids: IdPolicy,
    /// Its time-outs and retries.
    #[serde(default, skip_serializing_if = "WorkflowOptions::is_default")]
    pub options: WorkflowOptions,
    /// Before whom it has its turn, where that is not as for the workflow that starts it.
    #[serde(default, skip_serializing_if = "Queueing::is_default")]
    pub queueing: Queueing,
    /// How much later it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Duration>,
    /// What is said about it. It has the headers of the workflow that starts it as well.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
}

/// A message to another workflow, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendRequest {
    /// To whom.
    pub to: WorkflowId,
    /// What it asks.
    pub kind: MessageKind,
    /// The signal's name; empty for other kinds.
    pub name: String,
    /// The signal's encoded value; for other kinds the reason, as UTF-8 text.
    #[serde(with = "codec::bytes")]
    pub payload: Vec<u8>,
}

/// A call of an activity, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityRequest {
    /// The activity's persistent name.
    pub name: String,
    /// Encoded arguments, by parameter name.
    #[serde(with = "codec::bytes")]
    pub args: Vec<u8>,
    /// Retry and time-out policy of this call.
    pub options: ActivityOptions,
    /// When the call began; `schedule_to_close` counts from here.
    pub begun: Timestamp,
}

impl ActivityRequest {
    /// The queue whose workers are to carry it out, if that is not this one.
    pub(crate) fn queue_beside(&self, own: &str) -> Option<&str> {
        self.options.queue.as_deref().filter(|queue| *queue != own)
    }
}

/// The recorded answer to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// The activity returned, the signal came, or the store has done what it was to do; the bytes are
    /// the value. Or the function that ran inline, or the child, did, and they are all of what it
    /// returned.
    Returned(#[serde(with = "codec::bytes")] Vec<u8>),
    /// The activity, or what the store was to do, failed for good; the bytes are the `Err` value. Or
    /// the function that ran inline returned an `Err`, and they are all of what it returned.
    Failed(#[serde(with = "codec::bytes")] Vec<u8>),
    /// The activity ran out of time.
    TimedOut(TimeoutKind),
    /// The last attempt panicked; the text is the panic's message.
    Panicked(String),
    /// The timer fired.
    Fired,
    /// The workflow was cancelled while it waited.
    Cancelled,
    /// Each of several operations has ended.
    All(Vec<Resolution>),
    /// One of several operations that all were to succeed has failed.
    FirstFailure(Box<Resolution>),
    /// One of several operations has ended before the others.
    Won {
        /// Which one.
        index: usize,
        /// Its answer.
        answer: Box<Resolution>,
    },
}

impl Resolution {
    /// Whether the output is an `Err`, if it is a `Result`.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Returned(_) | Self::Fired | Self::All(_) => false,
            Self::Failed(_)
            | Self::TimedOut(_)
            | Self::Panicked(_)
            | Self::Cancelled
            | Self::FirstFailure(_) => true,
            // What puts an end to the first one.
            Self::Won { index, .. } => *index > 0,
        }
    }
}

/// The answer to one operation of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The operation's number; see [`Call`](crate::frame::Call).
    pub op: u64,
    /// Its answer.
    pub answer: Resolution,
}

/// Refuses what is too large to leave a workflow.
fn limited(what: &str, bytes: &[u8]) -> Result<(), codec::Error> {
    if bytes.len() <= PAYLOAD_BYTES_MAX {
        return Ok(());
    }
    Err(codec::Error::custom(format_args!(
        "{what} has {} bytes, the limit is {PAYLOAD_BYTES_MAX}; store it elsewhere and pass a key",
        bytes.len()
    )))
}
