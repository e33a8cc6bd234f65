//! Schedules, as plain records.

use super::run::Run;
use super::state::State;
use super::{MemoryStore, send, start};
use crate::id::{RunId, ScheduleId, Timestamp};
use crate::store::{
    Phase, ScheduleRecord, ScheduleWrite, ScheduleWritten, ScheduledEnd, Schedules, StoreError,
    limits,
};
use async_trait::async_trait;
use std::ops::Bound;

#[async_trait]
impl Schedules for MemoryStore {
    async fn write_schedule(&self, write: ScheduleWrite) -> Result<ScheduleWritten, StoreError> {
        limits::check_schedule(&write)?;
        let written = self::write(&mut *self.state()?, write)?;
        self.ring(written == ScheduleWritten::Done);
        Ok(written)
    }

    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        Ok(self.state()?.schedules.get(id).cloned())
    }

    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        let state = self.state()?;
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = state.schedules.range((after, Bound::Unbounded));
        Ok(found
            .take(limit)
            .map(|(_, record)| record.clone())
            .collect())
    }

    async fn soonest_schedules(&self, limit: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        let state = self.state()?;
        let due = |record: &&ScheduleRecord| record.row.due_at.is_some();
        let mut found: Vec<_> = state.schedules.values().filter(due).collect();
        found.sort_by_key(|record| record.row.due_at);
        Ok(found.into_iter().take(limit).cloned().collect())
    }
}

fn write(state: &mut State, write: ScheduleWrite) -> Result<ScheduleWritten, StoreError> {
    let old = state.schedules.get(&write.id);
    if old.map(|record| record.version) != write.expected {
        return Ok(ScheduleWritten::Changed);
    }
    let mut taken = Vec::new();
    for new in &write.starts {
        if state.current(&new.id).is_some() {
            taken.push(new.id.clone());
        } else if state.runs.contains_key(&new.run) {
            return Ok(ScheduleWritten::RunTaken);
        }
    }
    if !taken.is_empty() {
        return Ok(ScheduleWritten::Taken(taken));
    }
    match (write.row, state.schedules.remove(&write.id)) {
        (None, _) => {}
        (Some(row), old) => {
            let (version, ended) = old.map_or((0, Vec::new()), |old| (old.version, old.ended));
            let record = ScheduleRecord {
                id: write.id.clone(),
                version: version + 1,
                row,
                ended: if write.told { Vec::new() } else { ended },
            };
            state.schedules.insert(write.id, record);
        }
    }
    for new in write.starts {
        start(state, new)?;
    }
    for (id, message) in write.sends {
        send(state, &id, message);
    }
    Ok(ScheduleWritten::Done)
}

impl State {
    /// Tells its schedule of a run that has ended for good, if that is still there.
    pub(super) fn tell_schedule(&mut self, number: RunId, at: Timestamp) {
        let Some(Run { row, .. }) = self.runs.get(&number) else {
            return;
        };
        let schedule = row.new.scheduled.as_ref().map(|by| &by.schedule);
        let Some(record) = schedule.and_then(|id| self.schedules.get_mut(id)) else {
            return;
        };
        debug_assert_ne!(row.phase, Phase::Running);
        record.version += 1;
        record.row.due_at = Some(record.row.due_at.map_or(at, |due| due.min(at)));
        record.ended.push(ScheduledEnd {
            run: number,
            id: row.new.id.clone(),
            started_at: row.new.created_at,
            ended_at: at,
            phase: row.phase,
            output: row.output.clone(),
            error: row.error.clone(),
        });
        record.ended.sort_by_key(|end| (end.ended_at, end.run));
    }
}
