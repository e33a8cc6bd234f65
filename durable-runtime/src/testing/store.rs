//! A worker's handle to the store of a test: it can be cut before and after each write.

use super::crash::{Cuts, What, When};
use super::ends::Ends;
use super::life::Life;
use super::link::Links;
use crate::id::{Incarnation, RunId, ScheduleId, Timestamp, WorkflowId};
use crate::store::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, QueueChange, QueueRecord, QueueSettings, Queues, Recorded,
    RunFilter, RunRecord, ScheduleRecord, ScheduleWrite, ScheduleWritten, Schedules, Sent,
    StepRecord, Store, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, Tasks, Told,
    Transacted, Unblock, Unfit, Work, WorkerRecord, Write, Written,
};
use async_trait::async_trait;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// Passes calls on while its worker lives.
#[derive(Debug)]
pub(super) struct WorkerStore {
    pub(super) inner: Arc<dyn Store>,
    pub(super) life: Arc<Life>,
    pub(super) ends: Arc<Ends>,
    pub(super) cuts: Arc<Cuts>,
    pub(super) links: Weak<Links>,
}

impl WorkerStore {
    /// A call that does not write for a workflow.
    async fn pass<T>(&self, call: impl Future<Output = T> + Send) -> T {
        self.life.goes_on().await;
        call.await
    }

    /// A write; if its turn has come, the worker dies here.
    async fn write<T, E>(
        &self,
        what: impl Future<Output = What> + Send,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        self.life.goes_on().await;
        let cut = self.cuts.next(&self.life, what).await;
        if cut == Some(When::Before) {
            return std::future::pending().await;
        }
        let answer = call.await;
        self.ends.look().await;
        if let Some(links) = self.links.upgrade() {
            links.has_written();
        }
        if cut == Some(When::After) {
            self.cuts.made(&self.life);
            return std::future::pending().await;
        }
        answer
    }
}

#[async_trait]
impl Schedules for WorkerStore {
    async fn write_schedule(&self, write: ScheduleWrite) -> Result<ScheduleWritten, StoreError> {
        let what = What::other(format!("a look at the schedule `{}`", write.id));
        self.write(what, self.inner.write_schedule(write)).await
    }
    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        self.pass(self.inner.schedule(id)).await
    }
    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        self.pass(self.inner.schedules(after, limit)).await
    }
    async fn soonest_schedules(&self, limit: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        self.pass(self.inner.soonest_schedules(limit)).await
    }
}

#[async_trait]
impl Queues for WorkerStore {
    async fn change_queue(
        &self,
        queue: &str,
        change: QueueChange,
    ) -> Result<QueueSettings, StoreError> {
        self.pass(self.inner.change_queue(queue, change)).await
    }
    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        self.pass(self.inner.queues()).await
    }
    async fn has_line(&self, queue: &str) -> Result<bool, StoreError> {
        self.pass(self.inner.has_line(queue)).await
    }
    async fn depth(
        &self,
        queue: &str,
        now: Timestamp,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        self.pass(self.inner.depth(queue, now, at_most)).await
    }
}

#[async_trait]
impl Tasks for WorkerStore {
    async fn claim_tasks(&self, fence: Fence, claim: TaskClaim) -> Result<Vec<Task>, FenceError> {
        let what = What::other("a claim of activities of other queues");
        self.write(what, self.inner.claim_tasks(fence, claim)).await
    }
    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        self.pass(self.inner.tasks_due(claim)).await
    }
    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError> {
        self.pass(self.inner.task_depth(queue, at_most)).await
    }
    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        self.pass(self.inner.tasks_of(worker)).await
    }
    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        self.pass(self.inner.tasks(run)).await
    }
    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        self.pass(self.inner.task_queues()).await
    }
}

#[async_trait]
impl Store for WorkerStore {
    async fn register(&self, worker: NewWorker) -> Result<(), StoreError> {
        self.life.born(worker.worker);
        let what = What::other("the birth of a worker");
        self.write(what, self.inner.register(worker)).await
    }
    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError> {
        self.ends.look_for_trouble(&writes).await;
        let of = Arc::clone(&writes);
        let what = What::commit(&self.ends, of);
        self.write(what, self.inner.commit(fence, writes)).await
    }
    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError> {
        let what = What::other("a claim of workflows that are due");
        self.write(what, self.inner.claim(fence, claim)).await
    }
    fn transacts(&self) -> bool {
        self.inner.transacts()
    }
    async fn transact(
        &self,
        recorded: Option<Recorded>,
        work: Work,
    ) -> Result<Transacted, FenceError> {
        let what = What::other("the transaction of an activity");
        self.write(what, self.inner.transact(recorded, work)).await
    }
    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError> {
        self.pass(self.inner.mark_dead(now)).await
    }
    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        let what = What::other("a take-over of a dead worker's workflows");
        self.write(what, self.inner.take_over(fence, from, limit))
            .await
    }
    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError> {
        self.pass(self.inner.retire(worker)).await
    }
    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError> {
        self.pass(self.inner.mail(worker, known)).await
    }
    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError> {
        self.pass(self.inner.mail_of(worker, run)).await
    }
    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError> {
        self.pass(self.inner.unblock(points, now)).await
    }
    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.pass(self.inner.next_due(queue, points, unfit, now))
            .await
    }
    async fn start(&self, run: NewRun) -> Result<Written, StoreError> {
        let what = What::other(format!("the start of `{}`", run.id));
        self.write(what, self.inner.start(run)).await
    }
    async fn send(&self, id: &WorkflowId, message: NewMessage) -> Result<Sent, StoreError> {
        let what = What::other(format!("a message to `{id}`"));
        self.write(what, self.inner.send(id, message)).await
    }
    async fn tell(&self, run: RunId, message: NewMessage) -> Result<Told, StoreError> {
        let what = What::other(format!("a message to run {run}"));
        self.write(what, self.inner.tell(run, message)).await
    }
    async fn start_or_send(
        &self,
        run: NewRun,
        message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
        let what = What::other(format!("the start of `{}`", run.id));
        self.write(what, self.inner.start_or_send(run, message))
            .await
    }
    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError> {
        self.pass(self.inner.delete(id)).await
    }
    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError> {
        self.pass(self.inner.expire(expiry)).await
    }
    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError> {
        self.pass(self.inner.find(id)).await
    }
    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.pass(self.inner.follow(run)).await
    }
    async fn steps(
        &self,
        run: RunId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StepRecord>, StoreError> {
        self.pass(self.inner.steps(run, after, limit)).await
    }
    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError> {
        self.pass(self.inner.latest_step(run)).await
    }
    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError> {
        self.pass(self.inner.attempts(run)).await
    }
    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.pass(self.inner.notes(run)).await
    }
    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError> {
        self.pass(self.inner.reply(run, msg)).await
    }
    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError> {
        self.pass(self.inner.inbox(run)).await
    }
    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError> {
        self.pass(self.inner.list(filter, page)).await
    }
    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        self.pass(self.inner.count(filter)).await
    }
    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.pass(self.inner.workers()).await
    }
    async fn changed(&self, own: Option<Incarnation>, at_most: Duration) {
        self.pass(self.inner.changed(own, at_most)).await;
    }
    async fn close(&self) -> Result<(), StoreError> {
        self.pass(self.inner.close()).await
    }
}
