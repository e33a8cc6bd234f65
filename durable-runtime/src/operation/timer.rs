//! Durable timers: a sleeping workflow is one row and no memory.

use super::{Operation, Plan, Request, Resolution};
use crate::codec;
use crate::id::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// The workflow was asked to stop. Whatever it awaits after this, to clean up, runs normally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the workflow was cancelled")]
pub struct Cancelled;

/// A timer that has not begun yet; made by [`sleep`] and [`sleep_until`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use = "a timer does nothing unless it is awaited in a workflow"]
pub enum Sleep {
    /// Until this long after the await begins.
    For(Duration),
    /// Until this instant.
    Until(Timestamp),
}

/// Sleeps for at least `duration`, through restarts and deploys. Cancelling the workflow ends the
/// sleep at once with [`Cancelled`].
pub fn sleep(duration: Duration) -> Sleep {
    Sleep::For(duration)
}

/// Sleeps until `instant`; returns at once if it has passed. The present one is [`now`](crate::now()).
pub fn sleep_until(instant: SystemTime) -> Sleep {
    Sleep::Until(instant.into())
}

impl Operation for Sleep {
    type Output = Result<(), Cancelled>;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        let due = match self {
            Self::For(duration) => now.after(duration),
            Self::Until(instant) => instant,
        };
        Ok(Plan::Call(Request::Timer { due }))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::Fired => Ok(Ok(())),
            Resolution::Cancelled => Ok(Err(Cancelled)),
            other => Err(codec::Error::custom(format!(
                "a timer cannot end with {other:?}"
            ))),
        }
    }
}
