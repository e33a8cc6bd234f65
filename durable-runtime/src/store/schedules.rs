//! Schedules in a store: rows with a version, and what they hear of the runs they have started.
//!
//! ```text
//!   worker ── soonest_schedules ──▶ row, version 7, and the ends of its runs
//!      │ decides
//!      └───── write_schedule ─────▶ version still 7?  row := version 8, start runs, send messages
//!                                   else nothing: somebody else was faster, or a run has ended
//! ```
//!
//! The version is the fence: whoever drives a schedule has seen all that it decides on, and a
//! start is in one transaction with the row that says it has been made.

use super::StoreError;
use super::message::NewMessage;
use super::records::{NewRun, Phase};
use crate::codec;
use crate::id::{RunId, ScheduleId, Timestamp, WorkflowId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// What a run that a schedule has started knows of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scheduled {
    /// The schedule.
    pub schedule: ScheduleId,
    /// The time that it was started for, which does not depend on when that was done: of the
    /// schedule, or when a person triggered it.
    pub at: Timestamp,
    /// What the last run of the schedule that completed before has returned, encoded.
    pub last_result: Option<Vec<u8>>,
}

impl Scheduled {
    /// What the last run of the schedule that completed before this one was started has returned:
    /// `R` is the whole return type of its function. `None` if none has.
    pub fn last_result<R: crate::Durable>(&self) -> Option<Result<R, codec::Error>> {
        self.last_result.as_deref().map(codec::decode)
    }
}

/// A schedule as it is written. What is in its parts is the engine's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRow {
    /// When a worker is to look at it; `None`: not before a run of it has ended.
    pub due_at: Option<Timestamp>,
    /// When it starts what, encoded.
    pub definition: Vec<u8>,
    /// How far it has come, encoded.
    pub state: Vec<u8>,
}

/// A schedule on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRecord {
    /// Its id.
    pub id: ScheduleId,
    /// Grows with every write, and when a run of it ends.
    pub version: i64,
    /// What was written last; `due_at` is earlier if a run has ended since.
    pub row: ScheduleRow,
    /// The ends of its runs that it has not been told of, oldest first.
    pub ended: Vec<ScheduledEnd>,
}

/// The end of a run that a schedule has started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledEnd {
    /// The run.
    pub run: RunId,
    /// Its id.
    pub id: WorkflowId,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Anything but `Running` and `Continued`.
    pub phase: Phase,
    /// Its encoded return value, if its function returned.
    pub output: Option<Vec<u8>>,
    /// Why it did not complete, for people.
    pub error: Option<String>,
}

/// One transaction on a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleWrite {
    /// The schedule.
    pub id: ScheduleId,
    /// The version that it must have; `None`: there must be none of this id.
    pub expected: Option<i64>,
    /// What it is from then on; `None` deletes it. Its runs are left alone.
    pub row: Option<ScheduleRow>,
    /// The ends that the record had are told: they are forgotten.
    pub told: bool,
    /// Runs to start, none born owned.
    pub starts: Vec<NewRun>,
    /// Messages to send; those that reach nobody are dropped.
    pub sends: Vec<(WorkflowId, NewMessage)>,
}

impl ScheduleWrite {
    /// Deletes a schedule that has this version.
    pub(crate) fn of(id: ScheduleId, expected: Option<i64>) -> Self {
        Self {
            id,
            expected,
            row: None,
            told: false,
            starts: Vec::new(),
            sends: Vec::new(),
        }
    }
}

/// What became of a [`ScheduleWrite`]. In all but the first case nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleWritten {
    /// All of it is on disk.
    Done,
    /// The schedule has another version, is not there, or (where none is expected) is there.
    Changed,
    /// These ids of starts are taken.
    Taken(Vec<WorkflowId>),
    /// The number of a start is taken: draw others.
    RunTaken,
}

/// The part of a [`Store`](super::Store) that keeps schedules.
#[async_trait]
pub trait Schedules {
    /// Writes a schedule, starts runs and sends messages, in one transaction, if its version is the
    /// expected one; on disk when it answers [`ScheduleWritten::Done`].
    async fn write_schedule(&self, write: ScheduleWrite) -> Result<ScheduleWritten, StoreError>;

    /// The schedule with this id.
    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError>;

    /// Schedules behind `after`, by id, at most `limit`.
    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError>;

    /// The schedules that have a `due_at`, the earliest first, at most `limit`.
    async fn soonest_schedules(&self, limit: usize) -> Result<Vec<ScheduleRecord>, StoreError>;
}
