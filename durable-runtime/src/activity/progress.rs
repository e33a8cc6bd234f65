//! How far an activity has come, as its run puts it down.

use crate::codec;
use crate::id::Timestamp;
use serde::{Deserialize, Serialize};

/// What is known of an activity under way beside its failures; survives its worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Progress {
    /// When the last heartbeat that is on record was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beat_at: Option<Timestamp>,
    /// Its details, encoded by [`crate::codec`]; empty if there is none.
    #[serde(with = "codec::bytes", skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<u8>,
    /// It was asked to stop, and is waited for.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
    /// Its attempt, which has begun then, ends elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub elsewhere: Option<Timestamp>,
    /// Its attempt waits for a worker of another queue since then, or is carried out by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queued: Option<Timestamp>,
    /// Such a worker has said that it has begun it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub begun: bool,
}

impl Progress {
    pub(crate) fn encode(&self) -> Vec<u8> {
        codec::encode_plain(self)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, codec::Error> {
        codec::decode(bytes)
    }

    /// Whether its attempt goes on without the worker of its workflow.
    pub(crate) fn goes_on_elsewhere(&self) -> bool {
        self.elsewhere.is_some() || self.queued.is_some()
    }

    /// It has said a heartbeat.
    pub(crate) fn heard(&mut self, at: Timestamp, details: Vec<u8>) {
        self.beat_at = Some(at);
        self.details = details;
    }

    /// It has been handed on by the worker of another queue: nobody has it there any more.
    pub(crate) fn handed_on(&mut self, began: Timestamp) {
        self.elsewhere = Some(began);
        (self.queued, self.begun) = (None, false);
    }

    /// The details of the last heartbeat, if there was one.
    pub(crate) fn last_details(&self) -> Option<Vec<u8>> {
        self.beat_at.map(|_| self.details.clone())
    }
}
