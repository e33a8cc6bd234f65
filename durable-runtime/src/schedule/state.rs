//! How far a schedule has come: plain data that only [`advance`](super::advance) and the requests
//! of people change.

use super::Overlap;
use crate::id::{ScheduleId, Timestamp, WorkflowId};
use crate::store::Phase;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many of the last starts are kept for people.
const RECENT: usize = 10;

/// The part of a schedule that changes as time passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// No run of it has begun before.
    pub(crate) created_at: Timestamp,
    pub(crate) paused: bool,
    /// Why it is paused, or was resumed.
    pub(crate) note: String,
    /// Times up to here have been dealt with.
    pub(crate) cursor: Timestamp,
    /// Starts that count against the limit.
    pub(crate) spent: u64,
    /// How often it was triggered, which tells triggers of one instant apart.
    pub(crate) triggers: u64,
    /// Times that have come and whose runs have not been started.
    pub(crate) buffer: VecDeque<Pending>,
    pub(crate) backfills: VecDeque<Backfill>,
    /// Runs that are in the way of later ones.
    pub(crate) running: Vec<WorkflowId>,
    pub(crate) last_result: Option<Vec<u8>>,
    pub(crate) recent: VecDeque<Taken>,
    pub(crate) counts: Counts,
}

/// A time whose run has not been started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) time: Timestamp,
    pub(crate) cause: Cause,
    /// Instead of the schedule's policy.
    pub(crate) overlap: Option<Overlap>,
}

impl Pending {
    /// Whether somebody asked for it, and for its turn: no later time takes its place.
    pub(crate) fn is_asked_to_wait(&self, default: Overlap) -> bool {
        let overlap = self.overlap.unwrap_or(default);
        self.cause != Cause::Time && matches!(overlap, Overlap::BufferOne | Overlap::BufferAll)
    }
}

/// Times of the past to start for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Backfill {
    /// Times up to here have been dealt with.
    pub(crate) cursor: Timestamp,
    pub(crate) until: Timestamp,
    pub(crate) overlap: Overlap,
}

/// Why a schedule has started something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its time had come.
    Time,
    /// Somebody triggered it; the how manieth time.
    Trigger(u64),
    /// Somebody wanted the times of the past.
    Backfill,
}

/// One of the last starts of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The time it was for.
    pub time: Timestamp,
    /// When it was started.
    pub started_at: Timestamp,
    /// The workflow.
    pub workflow: WorkflowId,
    /// Why.
    pub cause: Cause,
    /// How it ended, as soon as it has.
    pub ended: Option<Phase>,
}

/// What a schedule has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Workflows started.
    pub started: u64,
    /// Times for which nothing was started, because of a run that had not ended or of a pause.
    pub skipped: u64,
    /// Times that nobody noticed within the catch-up window.
    pub missed: u64,
    /// Times whose workflow had been started before, by a back-fill or by hand.
    pub repeated: u64,
}

impl State {
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            created_at: now,
            cursor: now,
            ..Self::default()
        }
    }

    /// Whether it is in the way, or among the last starts.
    pub(super) fn knows(&self, workflow: &WorkflowId) -> bool {
        let mut recent = self.recent.iter();
        self.running.contains(workflow) || recent.any(|start| start.workflow == *workflow)
    }

    /// Keeps a start for people.
    pub(super) fn remember(&mut self, taken: Taken) {
        self.recent.push_back(taken);
        while self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

impl Pending {
    /// The id of the workflow that is started for it.
    pub(crate) fn workflow(&self, schedule: &ScheduleId) -> WorkflowId {
        let time = match jiff::Timestamp::from_millisecond(self.time.0) {
            Ok(time) => time.to_string(),
            Err(_) => self.time.0.to_string(),
        };
        let id = match self.cause {
            Cause::Trigger(number) => format!("{schedule}-{time}-trigger-{number}"),
            Cause::Time | Cause::Backfill => format!("{schedule}-{time}"),
        };
        WorkflowId::new(id).expect("a schedule's id leaves room for a time")
    }
}
