//! Schedules from outside: create, describe, pause, trigger, back-fill, change, delete.
//!
//! Everything here is a change of the schedule's row, on disk when it returns; a worker does the
//! rest.

mod create;
mod describe;
mod error;
mod handle;

pub use create::CreateSchedule;
pub use describe::{ScheduleDescription, ScheduleSummary};
pub use error::ScheduleError;
pub use handle::ScheduleHandle;

use super::Client;
use crate::codec;
use crate::id::ScheduleId;
use crate::schedule::{Definition, State};
use crate::store::ScheduleRecord;

/// A schedule's row, read.
struct Read {
    definition: Definition,
    state: State,
}

impl Read {
    fn of(record: &ScheduleRecord) -> Result<Self, ScheduleError> {
        let unreadable = |source| ScheduleError::Unreadable {
            id: record.id.clone(),
            source,
        };
        Ok(Self {
            definition: codec::decode(&record.row.definition).map_err(unreadable)?,
            state: codec::decode(&record.row.state).map_err(unreadable)?,
        })
    }
}

impl Client {
    /// The schedule with this id.
    pub async fn schedule(&self, id: impl Into<String>) -> Result<ScheduleHandle, ScheduleError> {
        let id = ScheduleId::new(id)?;
        match self.store().schedule(&id).await? {
            Some(_) => Ok(ScheduleHandle::new(self.clone(), id)),
            None => Err(ScheduleError::NotFound(id)),
        }
    }

    /// Schedules by id, those behind `after`, at most `limit`. One that this binary cannot read
    /// ends the list with an error that names it.
    pub async fn schedules(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<ScheduleSummary>, ScheduleError> {
        let found = self.store().schedules(after, limit).await?;
        found.iter().map(ScheduleSummary::of).collect()
    }
}
