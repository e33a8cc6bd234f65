//! Messages from one workflow to another.

use super::{Child, Operation, Plan, Request, Resolution, SendRequest, Signal, Spawn};
use crate::Durable;
use crate::codec;
use crate::id::{Timestamp, WorkflowId};
use crate::reason::shortened;
use crate::store::{MessageKind, Phase};
use serde::{Deserialize, Serialize};

/// Another workflow, for messages to it; made by [`external`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct External {
    id: String,
}

/// In a workflow: the workflow with this id, to signal, cancel or terminate it.
///
/// ```
/// # use durable_runtime::prelude::*;
/// const PAID: Signal<u32> = Signal::new("paid");
///
/// #[workflow]
/// async fn pay(order: String, amount: u32) -> Result<(), Error> {
///     external(order).signal(PAID, amount).await?;
///     Ok(())
/// }
/// ```
#[must_use]
pub fn external(id: impl Into<String>) -> External {
    External { id: id.into() }
}

impl External {
    /// Sends a signal: await it for `Ok(())` once the signal is on disk. It counts once, however
    /// often the process dies meanwhile.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as a channel's send does: the value goes away"
    )]
    pub fn signal<T: Durable>(&self, signal: Signal<T>, value: T) -> SendMessage {
        let value = codec::encode(&value).map_err(|error| error.to_string());
        self.message(MessageKind::Signal, signal.name(), value)
    }

    /// Asks the workflow to stop, as [`Handle::cancel`](crate::client::Handle::cancel) does. Of the
    /// reason the first 4 KiB are kept.
    pub fn cancel(&self, reason: impl Into<String>) -> SendMessage {
        self.message(
            MessageKind::Cancel,
            "",
            Ok(shortened(reason.into()).into_bytes()),
        )
    }

    /// Ends the workflow without running any of its code. One that was terminated before is no error:
    /// it may have been by this call, before a crash. Of the reason the first 4 KiB are kept.
    pub fn terminate(&self, reason: impl Into<String>) -> SendMessage {
        self.message(
            MessageKind::Terminate,
            "",
            Ok(shortened(reason.into()).into_bytes()),
        )
    }

    fn message(
        &self,
        kind: MessageKind,
        name: &str,
        payload: Result<Vec<u8>, String>,
    ) -> SendMessage {
        SendMessage {
            to: self.id.clone(),
            kind,
            name: name.to_owned(),
            payload,
        }
    }
}

impl<R> Child<R> {
    /// The child, for messages to it.
    #[must_use]
    pub fn external(&self) -> External {
        external(self.id().as_str())
    }

    /// Sends the child a signal; see [`External::signal`].
    pub fn signal<T: Durable>(&self, signal: Signal<T>, value: T) -> SendMessage {
        self.external().signal(signal, value)
    }

    /// Asks the child to stop; see [`External::cancel`]. What comes of that is heard by awaiting it.
    pub fn cancel(&self, reason: impl Into<String>) -> SendMessage {
        self.external().cancel(reason)
    }
}

/// A message to another workflow; made by the methods of [`External`] and [`Child`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[must_use = "a message is sent when this is awaited"]
pub struct SendMessage {
    to: String,
    kind: MessageKind,
    name: String,
    payload: Result<Vec<u8>, String>,
}

impl Operation for SendMessage {
    type Output = Result<(), SendError>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        let payload = self.payload.map_err(codec::Error::custom)?;
        super::limited("the message", &payload)?;
        Ok(Plan::Call(Request::Send(SendRequest {
            to: WorkflowId::new(self.to).map_err(codec::Error::custom)?,
            kind: self.kind,
            name: self.name,
            payload,
        })))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::Returned(value) => codec::decode(&value).map(Ok),
            Resolution::Failed(error) => codec::decode(&error).map(Err),
            Resolution::Cancelled => Ok(Err(SendError::Cancelled)),
            other => Err(codec::Error::custom(format_args!(
                "a message cannot end with {other:?}"
            ))),
        }
    }
}

impl Spawn for SendMessage {}

/// Why a message from a workflow did not reach another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// No workflow has that id.
    #[error("there is no workflow {0}")]
    NotFound(WorkflowId),
    /// It has ended, and has not taken the message. If this process died while it sent that, the
    /// workflow may have ended with it unread.
    #[error("{id} is {phase}")]
    Finished {
        /// The workflow.
        id: WorkflowId,
        /// How it ended.
        phase: Phase,
    },
    /// It has as many unread messages as it may have, or as many bytes of them; nothing was sent.
    #[error("{0} has too many unread messages")]
    Full(WorkflowId),
    /// This workflow was cancelled before it sent the message, and it will not be sent. Of one that was
    /// [aborted](super::JoinHandle::abort) on its way, nobody knows.
    #[error("the workflow was cancelled")]
    Cancelled,
}
