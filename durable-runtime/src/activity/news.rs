//! What is told of an attempt from elsewhere: the contents of a message to its run.

use super::carried::{Carried, CarriedEnd};
use super::token::ActivityToken;
use crate::codec;
use crate::id::Timestamp;
use crate::store::{MessageKind, NewMessage};
use serde::{Deserialize, Serialize};

/// A message about one attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Which one, from 1.
    pub(crate) attempt: u32,
    pub(crate) news: News,
}

/// What is new of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum News {
    /// It has given this value, encoded.
    Completed(#[serde(with = "codec::bytes")] Vec<u8>),
    /// It has failed with this error, encoded.
    Failed(#[serde(with = "codec::bytes")] Vec<u8>),
    /// It has stopped, because it was to stop.
    Cancelled,
    /// It is alive, and has come so far.
    Beat(#[serde(with = "codec::bytes")] Vec<u8>),
    /// A worker of another queue has begun it.
    Begun,
    /// A worker of another queue has ended it, or handed it on.
    Carried(Box<Carried>),
    /// Something was told that cannot be read: why.
    #[serde(skip)]
    Unreadable(String),
}

impl News {
    /// The message for the run of `token`. Ends of one attempt bear one id: the first counts.
    pub(crate) fn message(self, token: &ActivityToken, sent_at: Timestamp) -> NewMessage {
        let ActivityToken { op, attempt, .. } = *token;
        let msg = match &self {
            Self::Beat(_) => {
                let ActivityToken { run, op, attempt } = token;
                let (beat, one) = (NewMessage::BEAT, crate::engine::new_message());
                format!("{beat}{run}/{op}/{attempt}/{one}")
            }
            Self::Begun => about("begun", token),
            Self::Carried(carried) if matches!(carried.end, CarriedEnd::EndsElsewhere(_)) => {
                about("ends-elsewhere", token)
            }
            _ => end_message(token),
        };
        NewMessage {
            msg,
            kind: MessageKind::Activity,
            name: op.to_string(),
            // A little larger than the value in it, which has a limit of its own.
            payload: codec::encode_plain(&Told {
                attempt,
                news: self,
            }),
            sent_at,
            unread_max: None,
        }
    }
}

/// The id of the message that ends an attempt.
pub(crate) fn end_message(token: &ActivityToken) -> String {
    about("activity", token)
}

fn about(what: &str, token: &ActivityToken) -> String {
    let ActivityToken { run, op, attempt } = token;
    format!("{what}/{run}/{op}/{attempt}")
}
