//! A run and the run that started it: what links them, and what one hears of the other's end.

use super::message::{MessageKind, NewMessage};
use super::records::Phase;
use crate::codec;
use crate::id::{RunId, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};

/// The run that started another one, as the started one keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The run that started it.
    pub run: RunId,
    /// The number of the operation there, so that the same start is known when it is repeated.
    pub op: u64,
    /// What becomes of the child when that run has ended.
    pub close: ParentClose,
    /// Whether that run is told how the child ended.
    pub reports: bool,
}

/// What becomes of a child that still runs when its parent has ended, in whatever way (also when
/// it goes on as a new run).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ParentClose {
    /// It is cancelled, and may clean up.
    #[default]
    Cancel = 0,
    /// It ends without any of its code, and its own children by their policies.
    Terminate = 1,
    /// It goes on.
    Abandon = 2,
}

/// How a child ended: the contents of a [`MessageKind::ChildEnded`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildEnd {
    /// Anything but `Running` and `Continued`.
    pub phase: Phase,
    /// Its encoded return value, if its function returned.
    pub output: Option<Vec<u8>>,
    /// Why it did not complete, for people.
    pub error: Option<String>,
    /// The child's last run and its id; none in what older versions have written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<(RunId, WorkflowId)>,
}

/// The error text of what ends with its parent.
pub(crate) const PARENT_ENDED: &str = "its parent has ended";

impl Parent {
    /// Whether that run may be waiting for this one: it is told of its end, and does not leave it
    /// behind.
    pub(crate) fn waits(&self) -> bool {
        self.reports && self.close != ParentClose::Abandon
    }
}

impl ParentClose {
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Cancel, Self::Terminate, Self::Abandon]
            .into_iter()
            .find(|close| *close as i64 == number)
    }

    /// What the child is told, if anything. Its id is that of the same request by a client.
    pub(crate) fn message(self, sent_at: Timestamp) -> Option<NewMessage> {
        let kind = match self {
            Self::Cancel => MessageKind::Cancel,
            Self::Terminate => MessageKind::Terminate,
            Self::Abandon => return None,
        };
        Some(NewMessage::steer(kind, PARENT_ENDED, sent_at))
    }
}

impl Parent {
    /// What the parent is told of the end of its child.
    pub(crate) fn report(&self, end: &ChildEnd, sent_at: Timestamp) -> NewMessage {
        // A little more than the return value in it, which may be as large as a value gets.
        let payload = codec::encode_plain(end);
        NewMessage {
            msg: format!("child/{}", self.op),
            kind: MessageKind::ChildEnded,
            name: self.op.to_string(),
            payload,
            sent_at,
            unread_max: None,
        }
    }
}
