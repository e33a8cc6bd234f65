//! Answers to requests: what a run says of a message that it was sent.

use serde::{Deserialize, Serialize};

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum ReplyStage {
    /// It will be carried out.
    Accepted = 1,
    /// It was carried out, and answered.
    Completed = 2,
    /// It was refused.
    Rejected = 3,
}

impl ReplyStage {
    pub(crate) fn from_number(number: i64) -> Option<Self> {
        [Self::Accepted, Self::Completed, Self::Rejected]
            .into_iter()
            .find(|stage| *stage as i64 == number)
    }

    /// Whether nothing follows it.
    #[must_use]
    pub fn is_final(self) -> bool {
        self != Self::Accepted
    }
}

/// What is known of a message that was sent to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// There is no such message (any more).
    Unknown,
    /// Nothing has been said of it yet.
    Nothing,
    /// The last that was said of it.
    Reply(Reply),
}

/// What a run says of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The message's id.
    pub msg: String,
    /// How far it has come.
    pub stage: ReplyStage,
    /// The encoded answer, or the reason of a refusal, as encoded text.
    pub payload: Vec<u8>,
}
