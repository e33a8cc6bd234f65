//! What is known of a schedule.

use super::{Read, ScheduleError};
use crate::codec;
use crate::id::{ScheduleId, Timestamp, WorkflowId};
use crate::schedule::{Counts, Schedule, State, Taken, Times};
use crate::store::{Attribute, ScheduleRecord};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many times are looked ahead.
const NEXT: usize = 10;

/// What a list shows of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScheduleSummary {
    /// Its id.
    pub id: ScheduleId,
    /// The workflow that it starts.
    pub workflow: String,
    /// The queue of that workflow.
    pub queue: String,
    /// Times and policies.
    pub schedule: Schedule,
    /// Whether it is paused.
    pub paused: bool,
    /// Why it is paused, or was resumed.
    pub note: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it starts its workflow next, with jitter; `None` while it is paused and at its end.
    pub next: Option<Timestamp>,
    /// Its last start.
    pub last: Option<Taken>,
    /// What it has done.
    pub counts: Counts,
}

/// Everything that is known of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScheduleDescription {
    /// What a list shows.
    #[serde(flatten)]
    pub summary: ScheduleSummary,
    /// What the workflow is started with: its parameters by name.
    pub input: Value,
    /// What its workflows are found by.
    pub attributes: BTreeMap<String, Attribute>,
    /// What is noted about its workflows, by name.
    pub memo: BTreeMap<String, Value>,
    /// When it starts its workflow the next ten times, with jitter.
    pub upcoming: Vec<Timestamp>,
    /// Its last ten starts, oldest first.
    pub recent: Vec<Taken>,
    /// Runs that are in the way of later ones, by its overlap policy.
    pub running: Vec<WorkflowId>,
    /// How many times have come whose workflows wait to be started.
    pub waiting: usize,
    /// How many back-fills are under way.
    pub backfills: usize,
}

impl ScheduleSummary {
    pub(super) fn of(record: &ScheduleRecord) -> Result<Self, ScheduleError> {
        let Read { definition, state } = Read::of(record)?;
        let times = definition.schedule.times()?;
        let next = upcoming(&record.id, &definition.schedule, &times, &state, 1);
        Ok(Self {
            id: record.id.clone(),
            workflow: definition.action.workflow,
            queue: definition.action.queue,
            schedule: definition.schedule,
            paused: state.paused,
            note: state.note,
            created_at: state.created_at,
            next: next.first().copied(),
            last: state.recent.back().cloned(),
            counts: state.counts,
        })
    }
}

impl ScheduleDescription {
    pub(super) fn of(record: &ScheduleRecord) -> Result<Self, ScheduleError> {
        let summary = ScheduleSummary::of(record)?;
        let Read { definition, state } = Read::of(record)?;
        let times = definition.schedule.times()?;
        let action = definition.action;
        let json = |bytes: &[u8]| {
            codec::to_json(bytes).map_err(|source| ScheduleError::Unreadable {
                id: record.id.clone(),
                source,
            })
        };
        let memo = action.tags.memo.into_iter();
        let memo = memo.map(|(name, note)| Ok((name, json(&note.0)?)));
        Ok(Self {
            upcoming: upcoming(&record.id, &definition.schedule, &times, &state, NEXT),
            input: json(&action.input)?,
            attributes: action.tags.attributes,
            memo: memo.collect::<Result<_, ScheduleError>>()?,
            recent: state.recent.into(),
            running: state.running,
            waiting: state.buffer.len(),
            backfills: state.backfills.len(),
            summary,
        })
    }
}

/// The next starts by time, as far as pause and limit let them come.
fn upcoming(
    id: &ScheduleId,
    schedule: &Schedule,
    times: &Times,
    state: &State,
    count: usize,
) -> Vec<Timestamp> {
    if state.paused {
        return Vec::new();
    }
    let left = schedule.starts_left(state.spent);
    let first = times.due(id, state.cursor);
    let all = std::iter::successors(first, |due| times.due(id, due.time));
    all.take(count.min(left)).map(|due| due.at).collect()
}
