//! The part of the store that keeps tasks.

use super::{PostgresStore, names, task_line, tasks};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    Fence, FenceError, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, Tasks,
};
use async_trait::async_trait;

#[async_trait]
impl Tasks for PostgresStore {
    async fn claim_tasks(&self, fence: Fence, wanted: TaskClaim) -> Result<Vec<Task>, FenceError> {
        let work = |tx| tasks::claim(tx, fence, &wanted);
        self.writer.call(Some(fence), &[], work).await
    }

    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        self.moment(|conn| async move { tasks::due(&conn, claim).await })
            .await
    }

    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError> {
        self.moment(|conn| async move {
            match names::number_of(&conn, queue).await? {
                Some(queue) => task_line::depth(&conn, queue, at_most).await,
                None => Ok((0, 0)),
            }
        })
        .await
    }

    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        self.read(|conn| async move { tasks::of_holder(&conn, worker).await })
            .await
    }

    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        self.moment(|conn| async move { tasks::of_run(&conn, run).await })
            .await
    }

    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        self.read(|conn| async move { tasks::queues(&conn).await })
            .await
    }
}
