//! What is not built yet. Each part moves to a file of its own; then this one goes.

use super::{PostgresStore, line, names, unfinished};
use crate::id::{Incarnation, RunId, ScheduleId, Timestamp};
use crate::store::{
    Fence, FenceError, QueueChange, QueueRecord, QueueSettings, Queues, ScheduleRecord,
    ScheduleWrite, ScheduleWritten, Schedules, StoreError, Task, TaskClaim, TaskOf, TaskQueue,
    TaskRecord, Tasks,
};
use async_trait::async_trait;

#[async_trait]
impl Schedules for PostgresStore {
    async fn write_schedule(&self, _: ScheduleWrite) -> Result<ScheduleWritten, StoreError> {
        Err(unfinished("write_schedule").into())
    }

    async fn schedule(&self, _: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        Err(unfinished("schedule").into())
    }

    async fn schedules(
        &self,
        _: Option<ScheduleId>,
        _: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        Err(unfinished("schedules").into())
    }

    async fn soonest_schedules(&self, _: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        Err(unfinished("soonest_schedules").into())
    }
}

#[async_trait]
impl Queues for PostgresStore {
    async fn change_queue(&self, _: &str, _: QueueChange) -> Result<QueueSettings, StoreError> {
        Err(unfinished("change_queue").into())
    }

    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        Err(unfinished("queues").into())
    }

    async fn has_line(&self, queue: &str) -> Result<bool, StoreError> {
        self.read(|conn| async move {
            let Some(queue) = names::number_of(&conn, queue).await? else {
                return Ok(false);
            };
            Ok(!line::existing(&conn, &[queue].into()).await?.is_empty())
        })
        .await
    }

    async fn depth(&self, _: &str, _: Timestamp, _: usize) -> Result<usize, StoreError> {
        Err(unfinished("depth").into())
    }
}

#[async_trait]
impl Tasks for PostgresStore {
    async fn claim_tasks(&self, _: Fence, _: TaskClaim) -> Result<Vec<Task>, FenceError> {
        Err(unfinished("claim_tasks").into())
    }

    async fn tasks_due(&self, _: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        Err(unfinished("tasks_due").into())
    }

    async fn task_depth(&self, _: &str, _: usize) -> Result<(usize, usize), StoreError> {
        Err(unfinished("task_depth").into())
    }

    async fn tasks_of(&self, _: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        Err(unfinished("tasks_of").into())
    }

    async fn tasks(&self, _: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        Err(unfinished("tasks").into())
    }

    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        Err(unfinished("task_queues").into())
    }
}
