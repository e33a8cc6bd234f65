//! How an attempt has ended that a worker of another queue has carried out: what its run is told.

use crate::codec;
use crate::id::Timestamp;
use crate::operation::{ActivityRequest, TimeoutKind};
use crate::propagation::Headers;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a worker of another queue is to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// The function that calls.
    pub(crate) workflow: String,
    /// What goes along with it.
    #[serde(default)]
    pub(crate) headers: Headers,
    /// The call.
    pub(crate) request: ActivityRequest,
    /// The last heartbeat of the attempts before, if there was one, and its details.
    #[serde(default)]
    pub(crate) beat_at: Option<Timestamp>,
    #[serde(default, with = "codec::bytes")]
    pub(crate) details: Vec<u8>,
}

/// What has become of the attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Carried {
    pub(crate) end: CarriedEnd,
    /// Its last heartbeat, if there was one and it has not given a value, and the details.
    #[serde(default)]
    pub(crate) beat_at: Option<Timestamp>,
    #[serde(default, with = "codec::bytes")]
    pub(crate) details: Vec<u8>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CarriedEnd {
    /// The body gave this value, encoded.
    Returned(#[serde(with = "codec::bytes")] Vec<u8>),
    /// The body gave this error, encoded.
    Failed {
        #[serde(with = "codec::bytes")]
        error: Vec<u8>,
        /// Whether another attempt may follow.
        retryable: bool,
        /// The error for people.
        text: Option<String>,
        /// The pause before the next attempt, if the error chooses it.
        next_delay: Option<Duration>,
    },
    /// The body panicked with this message.
    Panicked(String),
    /// An interceptor has not let it run.
    Refused { reason: String, retryable: bool },
    /// A limit was reached.
    TimedOut(TimeoutKind),
    /// The body has stopped because it was asked to, or did not begin.
    Cancelled,
    /// The body has ended, and the attempt, which began then, ends by its token.
    EndsElsewhere(Timestamp),
    /// Its worker has died.
    Lost,
    /// The worker that had it cannot run it, or not tell how it ended: why.
    Unfit(String),
}
