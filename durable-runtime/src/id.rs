//! The names and numbers that identify things: plain newtypes, checked where they are made.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest workflow id, in bytes.
pub const WORKFLOW_ID_BYTES_MAX: usize = 255;

/// The id an application gives a workflow; starting the same id twice starts one workflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkflowId(String);

/// Why a text cannot be a [`WorkflowId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// The text is empty.
    #[error("a workflow id cannot be empty")]
    Empty,
    /// The text is longer than [`WORKFLOW_ID_BYTES_MAX`].
    #[error("a workflow id has at most {WORKFLOW_ID_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// The text contains a control character (NUL and line breaks included).
    #[error("a workflow id cannot contain control characters")]
    Control,
}

impl WorkflowId {
    /// Checks and wraps an id.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidId> {
        let id = id.into();
        if id.is_empty() {
            Err(InvalidId::Empty)
        } else if id.len() > WORKFLOW_ID_BYTES_MAX {
            Err(InvalidId::TooLong(id.len()))
        } else if id.chars().any(char::is_control) {
            Err(InvalidId::Control)
        } else {
            Ok(Self(id))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkflowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for WorkflowId {
    type Error = InvalidId;
    fn try_from(id: String) -> Result<Self, InvalidId> {
        Self::new(id)
    }
}

impl From<WorkflowId> for String {
    fn from(id: WorkflowId) -> Self {
        id.0
    }
}

/// Why a text cannot be the name of a queue, a signal or an update; which one is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The text is empty.
    #[error("{0} cannot be empty")]
    Empty(&'static str),
    /// The text contains a control character (NUL and line breaks included).
    #[error("{0} cannot contain control characters")]
    Control(&'static str),
}

/// Checks a name; `what` is whose it is, such as "a queue's name".
pub(crate) fn check_name(what: &'static str, name: &str) -> Result<(), InvalidName> {
    if name.is_empty() {
        Err(InvalidName::Empty(what))
    } else if name.chars().any(char::is_control) {
        Err(InvalidName::Control(what))
    } else {
        Ok(())
    }
}

/// The longest schedule id, in bytes: it leaves room for the times in the ids of its workflows.
pub const SCHEDULE_ID_BYTES_MAX: usize = 200;

/// The id of a schedule. The workflows that it starts are called by it and their times.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScheduleId(WorkflowId);

/// Why a text cannot be a [`ScheduleId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScheduleId {
    /// The text is empty.
    #[error("a schedule id cannot be empty")]
    Empty,
    /// The text is longer than [`SCHEDULE_ID_BYTES_MAX`].
    #[error("a schedule id has at most {SCHEDULE_ID_BYTES_MAX} bytes, this one has {0}")]
    TooLong(usize),
    /// The text contains a control character (NUL and line breaks included).
    #[error("a schedule id cannot contain control characters")]
    Control,
}

impl ScheduleId {
    /// Checks and wraps an id.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidScheduleId> {
        let id = id.into();
        if id.len() > SCHEDULE_ID_BYTES_MAX {
            return Err(InvalidScheduleId::TooLong(id.len()));
        }
        match WorkflowId::new(id) {
            Ok(id) => Ok(Self(id)),
            Err(InvalidId::Empty) => Err(InvalidScheduleId::Empty),
            Err(InvalidId::TooLong(bytes)) => Err(InvalidScheduleId::TooLong(bytes)),
            Err(InvalidId::Control) => Err(InvalidScheduleId::Control),
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ScheduleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for ScheduleId {
    type Error = InvalidScheduleId;
    fn try_from(id: String) -> Result<Self, InvalidScheduleId> {
        Self::new(id)
    }
}

impl From<ScheduleId> for String {
    fn from(id: ScheduleId) -> Self {
        id.0.into()
    }
}

/// One run of a workflow, unique in its store. Made by the engine from the time and random bits,
/// so that newer runs have larger numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

/// One life of a worker process: 63 random bits, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Incarnation(pub i64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A point in time: milliseconds since the Unix epoch.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl From<SystemTime> for Timestamp {
    /// Rounded up to a millisecond; what is before 1970 becomes 1970.
    fn from(time: SystemTime) -> Self {
        let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(0).after(since_epoch)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(at: Timestamp) -> Self {
        let millis = Duration::from_millis(at.0.unsigned_abs());
        let time = match at.0 {
            0.. => UNIX_EPOCH.checked_add(millis),
            _ => UNIX_EPOCH.checked_sub(millis),
        };
        time.unwrap_or(UNIX_EPOCH)
    }
}

impl Timestamp {
    /// The instant `delay` after this one (saturating, rounded up to a millisecond so that a
    /// timer never fires early).
    #[must_use]
    pub fn after(self, delay: std::time::Duration) -> Self {
        let millis = delay.as_nanos().div_ceil(1_000_000);
        Self(
            self.0
                .saturating_add(i64::try_from(millis).unwrap_or(i64::MAX)),
        )
    }

    /// How long from this instant until `later`; zero if it has passed.
    #[must_use]
    pub fn until(self, later: Self) -> std::time::Duration {
        std::time::Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidId, WORKFLOW_ID_BYTES_MAX, WorkflowId};

    #[test]
    fn an_id_has_a_length() {
        let longest = "é".repeat(WORKFLOW_ID_BYTES_MAX / 2) + "x";
        let id = WorkflowId::new(longest.clone()).map(|id| id.as_str().to_owned());
        assert_eq!(id, Ok(longest.clone()));
        let longer = WorkflowId::new(longest + "y");
        assert_eq!(longer, Err(InvalidId::TooLong(WORKFLOW_ID_BYTES_MAX + 1)));
        assert!(WorkflowId::new("").is_err());
    }
}
