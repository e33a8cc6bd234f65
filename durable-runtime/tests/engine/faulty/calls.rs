//! The calls of the store, each passed on.

use super::{Fault, FaultyStore};
use async_trait::async_trait;
use durable_runtime::id::{Incarnation, RunId, ScheduleId, Timestamp, WorkflowId};
use durable_runtime::store::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, QueueChange, QueueRecord, QueueSettings, Queues, Recorded,
    RunFilter, RunRecord, ScheduleRecord, ScheduleWrite, ScheduleWritten, Schedules, Sent,
    StepRecord, Store, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, Tasks, Told,
    Transacted, Unblock, Unfit, Work, WorkerRecord, Write, Written,
};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[async_trait]
impl Schedules for FaultyStore {
    async fn write_schedule(
        &self,
        mut write: ScheduleWrite,
    ) -> Result<ScheduleWritten, StoreError> {
        (self.flaw.schedule)(&mut write);
        self.through(self.inner.write_schedule(write)).await
    }
    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        self.inner.schedule(id).await
    }
    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        self.inner.schedules(after, limit).await
    }
    async fn soonest_schedules(&self, limit: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        self.read();
        self.inner.soonest_schedules(limit).await
    }
}

/// Calls of operators: not counted.
#[async_trait]
impl Queues for FaultyStore {
    async fn change_queue(
        &self,
        queue: &str,
        change: QueueChange,
    ) -> Result<QueueSettings, StoreError> {
        self.inner.change_queue(queue, change).await
    }
    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        self.inner.queues().await
    }
    async fn has_line(&self, queue: &str) -> Result<bool, StoreError> {
        self.read();
        self.inner.has_line(queue).await
    }
    async fn depth(
        &self,
        queue: &str,
        now: Timestamp,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        self.read();
        self.inner.depth(queue, now, at_most).await
    }
}

#[async_trait]
impl Tasks for FaultyStore {
    async fn claim_tasks(&self, fence: Fence, claim: TaskClaim) -> Result<Vec<Task>, FenceError> {
        if self.fault == Fault::StallTasks && self.calls.fetch_add(1, Ordering::SeqCst) == self.at {
            self.fired.store(true, Ordering::SeqCst);
            self.healed().await;
        }
        let claimed = self.through(self.inner.claim_tasks(fence, claim)).await;
        self.claims.fetch_add(1, Ordering::SeqCst);
        claimed
    }
    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        self.read();
        self.inner.tasks_due(claim).await
    }
    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError> {
        self.inner.task_depth(queue, at_most).await
    }
    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        self.read();
        self.inner.tasks_of(worker).await
    }
    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        self.inner.tasks(run).await
    }
    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        self.inner.task_queues().await
    }
}

/// Calls that write are counted; reads that a worker repeats at its own pace are not.
#[async_trait]
impl Store for FaultyStore {
    async fn register(&self, worker: NewWorker) -> Result<(), StoreError> {
        self.through(self.inner.register(worker)).await
    }
    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError> {
        let mut writes = writes.to_vec();
        (self.flaw.writes)(&mut writes);
        let written = self.through(self.inner.commit(fence, writes.into())).await;
        if matches!(written, Err(FenceError::Dead)) {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        written
    }
    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError> {
        self.claims.fetch_add(1, Ordering::SeqCst);
        self.through(self.inner.claim(fence, claim)).await
    }
    fn transacts(&self) -> bool {
        self.inner.transacts()
    }
    async fn transact(
        &self,
        recorded: Option<Recorded>,
        work: Work,
    ) -> Result<Transacted, FenceError> {
        self.through(self.inner.transact(recorded, work)).await
    }
    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError> {
        self.read();
        self.through(self.inner.mark_dead(now)).await
    }
    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        self.through(self.inner.take_over(fence, from, limit)).await
    }
    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError> {
        self.through(self.inner.retire(worker)).await
    }
    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError> {
        self.read();
        self.inner.mail(worker, known).await
    }
    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError> {
        self.read();
        self.inner.mail_of(worker, run).await
    }
    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError> {
        self.read();
        let done = self.through(self.inner.unblock(points, now)).await;
        self.unblocks.fetch_add(1, Ordering::SeqCst);
        done
    }
    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read();
        let next = self.inner.next_due(queue, points, unfit, now).await;
        self.looks.fetch_add(1, Ordering::SeqCst);
        next
    }
    async fn start(&self, mut run: NewRun) -> Result<Written, StoreError> {
        (self.flaw.start)(&mut run);
        self.through(self.inner.start(run)).await
    }
    async fn send(&self, id: &WorkflowId, mut message: NewMessage) -> Result<Sent, StoreError> {
        (self.flaw.message)(&mut message);
        self.through(self.inner.send(id, message)).await
    }
    async fn tell(&self, run: RunId, mut message: NewMessage) -> Result<Told, StoreError> {
        (self.flaw.message)(&mut message);
        self.through(self.inner.tell(run, message)).await
    }
    async fn start_or_send(
        &self,
        mut run: NewRun,
        mut message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
        (self.flaw.start)(&mut run);
        (self.flaw.message)(&mut message);
        self.inner.start_or_send(run, message).await
    }
    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError> {
        self.through(self.inner.delete(id)).await
    }
    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError> {
        self.read();
        self.through(self.inner.expire(expiry)).await
    }
    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError> {
        self.inner.find(id).await
    }
    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.inner.follow(run).await
    }
    async fn steps(
        &self,
        run: RunId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StepRecord>, StoreError> {
        self.inner.steps(run, after, limit).await
    }
    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError> {
        self.inner.latest_step(run).await
    }
    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError> {
        self.inner.attempts(run).await
    }
    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.inner.notes(run).await
    }
    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError> {
        self.inner.reply(run, msg).await
    }
    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError> {
        self.inner.inbox(run).await
    }
    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError> {
        self.inner.list(filter, page).await
    }
    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        self.inner.count(filter).await
    }
    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.inner.workers().await
    }
    async fn changed(&self, own: Option<Incarnation>, at_most: Duration) {
        self.read();
        self.watches.fetch_add(1, Ordering::SeqCst);
        self.inner.changed(own, at_most).await;
    }
    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
