//! What a run is held to.

use crate::id::Timestamp;
use crate::operation::RetryPolicy;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Until when a run has to end, and whether it is tried again if it fails. A store keeps this and
/// does not look into it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// This run, and all that go on in its place, end by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// How long a run may take from when it may begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_timeout: Option<Duration>,
    /// This run ends by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_deadline: Option<Timestamp>,
    /// How a run that fails is tried again, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    /// How many runs have failed in a row before this one, which tries it again.
    pub failed: u32,
}

impl Terms {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The earlier of both deadlines.
    #[must_use]
    pub fn ends_by(&self) -> Option<Timestamp> {
        let both = self.deadline.into_iter().chain(self.run_deadline);
        both.min()
    }

    /// Those of a run that goes on in the place of one with these, and may begin at `begins`, after
    /// so many have `failed`.
    pub(crate) fn next(&self, begins: Timestamp, failed: u32) -> Self {
        Self {
            run_deadline: self.run_timeout.map(|limit| begins.after(limit)),
            failed,
            ..self.clone()
        }
    }
}
