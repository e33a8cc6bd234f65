//! What can go wrong with a schedule.

use super::ScheduleHandle;
use crate::codec;
use crate::error::Error;
use crate::id::{InvalidScheduleId, ScheduleId};
use crate::registry::Ambiguous;
use crate::schedule::InvalidSchedule;
use crate::store::{InvalidPriority, StoreError};

/// A schedule was not created, changed or read.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// There is one of this id; here is the handle to it. Nothing was changed.
    #[error("there is a schedule `{0}` already")]
    Exists(ScheduleHandle),
    /// There is none of this id (any more).
    #[error("there is no schedule `{0}`")]
    NotFound(ScheduleId),
    /// The text is not a schedule's id.
    #[error(transparent)]
    InvalidId(#[from] InvalidScheduleId),
    /// The schedule itself is wrong.
    #[error("the schedule cannot be used")]
    Invalid(#[from] InvalidSchedule),
    /// A start that cannot be scheduled.
    #[error("{0} has no meaning for a start on a schedule")]
    Meaningless(&'static str),
    /// An argument of the workflow cannot be encoded.
    #[error("the input of the workflow cannot be encoded")]
    Input(#[source] codec::Error),
    /// An input that was encoded elsewhere is too large.
    #[error("the input has {size} bytes, the limit is {limit}; store it elsewhere and pass a key")]
    TooLarge {
        /// Encoded size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A back-fill of times that have not come.
    #[error(
        "only times of the past can be back-filled: the range ends in the future or before it begins"
    )]
    Range,
    /// An interceptor of the client has refused the start; nothing was created.
    #[error("the start was refused: {0:#}")]
    Refused(Error),
    /// Nothing was created.
    #[error(transparent)]
    Priority(#[from] InvalidPriority),
    /// Its record was written by a newer version or is damaged.
    #[error("schedule `{id}` cannot be read")]
    Unreadable {
        /// The schedule.
        id: ScheduleId,
        /// Why not.
        source: codec::Error,
    },
    /// Others change it all the time.
    #[error("schedule `{0}` is changed by others all the time; try again")]
    Contended(ScheduleId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The worker of this process cannot run; nothing was created.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
}
