//! A store whose users see plain values, over one that holds coded ones.
//!
//! Everything is passed on; values are encoded before ([`write`]) and decoded after ([`read`]). A
//! value that cannot be encoded is refused, and nothing of its call is carried out. One that cannot
//! be decoded comes with the reason in place of the value.

mod names;
mod read;
mod transact;
mod write;

use super::chain::Codecs;
use crate::id::{Incarnation, RunId, ScheduleId, Timestamp, WorkflowId};
use crate::store::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, QueueChange, QueueRecord, QueueSettings, Queues, Recorded,
    RunFilter, RunRecord, ScheduleRecord, ScheduleWrite, ScheduleWritten, Schedules, Sent,
    StepRecord, Store, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, Tasks, Told,
    Transacted, Unblock, Unfit, Work, WorkerRecord, Write, Written, limits,
};
use async_trait::async_trait;
use names::Names;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A store behind codecs.
#[derive(Debug)]
pub(super) struct CodedStore {
    inner: Arc<dyn Store>,
    codecs: Codecs,
    /// The ids of runs, which a value is bound to and not every call names.
    names: Names,
}

impl CodedStore {
    pub(super) fn new(inner: Arc<dyn Store>, codecs: Codecs) -> Self {
        let names = Names::default();
        Self {
            inner,
            codecs,
            names,
        }
    }

    async fn name(&self, run: RunId) -> Result<WorkflowId, StoreError> {
        self.names.of(&*self.inner, run).await
    }

    fn seen(&self, record: &mut RunRecord) {
        self.names.learn(record.run, &record.id);
        read::run(&self.codecs, record);
    }

    fn all_seen(&self, mut runs: Vec<RunRecord>) -> Vec<RunRecord> {
        for run in &mut runs {
            self.seen(run);
        }
        runs
    }

    fn claimed(&self, mut claimed: Vec<ClaimedRun>) -> Vec<ClaimedRun> {
        for one in &mut claimed {
            self.names.learn(one.run.run, &one.run.id);
            read::claimed(&self.codecs, one);
        }
        claimed
    }

    fn written(&self, written: &mut Written) {
        if let Written::Exists(record) = written {
            self.seen(record);
        }
    }

    fn scheduled(&self, mut records: Vec<ScheduleRecord>) -> Vec<ScheduleRecord> {
        for one in &mut records {
            read::schedule(&self.codecs, one);
        }
        records
    }
}

#[async_trait]
impl Schedules for CodedStore {
    async fn write_schedule(
        &self,
        mut write: ScheduleWrite,
    ) -> Result<ScheduleWritten, StoreError> {
        limits::check_schedule(&write)?;
        write::schedule(&self.codecs, &mut write)?;
        self.inner.write_schedule(write).await
    }
    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        let found = self.inner.schedule(id).await?;
        Ok(found.and_then(|one| self.scheduled(vec![one]).pop()))
    }
    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        limit: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        Ok(self.scheduled(self.inner.schedules(after, limit).await?))
    }
    async fn soonest_schedules(&self, limit: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        Ok(self.scheduled(self.inner.soonest_schedules(limit).await?))
    }
}

#[async_trait]
impl Queues for CodedStore {
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
        self.inner.has_line(queue).await
    }
    async fn depth(
        &self,
        queue: &str,
        now: Timestamp,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        self.inner.depth(queue, now, at_most).await
    }
}

#[async_trait]
impl Tasks for CodedStore {
    async fn claim_tasks(&self, fence: Fence, claim: TaskClaim) -> Result<Vec<Task>, FenceError> {
        let mut claimed = self.inner.claim_tasks(fence, claim).await?;
        for task in &mut claimed {
            self.names.learn(task.new.of.run, &task.id);
            read::task(&self.codecs, task);
        }
        Ok(claimed)
    }
    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        self.inner.tasks_due(claim).await
    }

    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError> {
        self.inner.task_depth(queue, at_most).await
    }
    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        self.inner.tasks_of(worker).await
    }
    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        self.inner.tasks(run).await
    }
    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        self.inner.task_queues().await
    }
}

#[async_trait]
impl Store for CodedStore {
    async fn register(&self, worker: NewWorker) -> Result<(), StoreError> {
        self.inner.register(worker).await
    }
    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError> {
        limits::check_writes(&writes)?;
        let mut writes = writes.to_vec();
        let starts = writes.iter().enumerate();
        let starts = starts.filter_map(|(at, write)| match write {
            Write::Start(new) => Some((new.run, (at, new.id.clone()))),
            _ => None,
        });
        let starts: BTreeMap<_, _> = starts.collect();
        for write in &mut writes {
            let id = match write::run_of(write) {
                Some(run) => match starts.get(&run) {
                    Some((_, id)) => Some(id.clone()),
                    None => Some(self.name(run).await?),
                },
                None => None,
            };
            write::one(&self.codecs, id.as_ref(), write)?;
        }
        let mut written = self.inner.commit(fence, writes.into()).await?;
        // Not before: its number may be that of another run.
        for (run, (at, id)) in starts {
            if written.get(at) == Some(&Written::Started) {
                self.names.learn(run, &id);
            }
        }
        for one in &mut written {
            self.written(one);
        }
        Ok(written)
    }
    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError> {
        Ok(self.claimed(self.inner.claim(fence, claim).await?))
    }
    fn transacts(&self) -> bool {
        self.inner.transacts()
    }
    async fn transact(
        &self,
        recorded: Option<Recorded>,
        work: Work,
    ) -> Result<Transacted, FenceError> {
        let Some((_, record)) = recorded else {
            return self.inner.transact(None, work).await;
        };
        let name = self.name(record.run).await?;
        let coded = transact::Coded::new(self.codecs.clone(), name, record);
        let done = self.inner.transact(recorded, coded.around(work)).await?;
        Ok(coded.read(done)?)
    }
    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError> {
        self.inner.mark_dead(now).await
    }
    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        Ok(self.claimed(self.inner.take_over(fence, from, limit).await?))
    }
    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError> {
        self.inner.retire(worker).await
    }
    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError> {
        let mut mail = self.inner.mail(worker, known).await?;
        for (run, _, messages) in &mut mail {
            if !messages.is_empty() {
                let id = self.name(*run).await?;
                read::messages(&self.codecs, &id, messages);
            }
        }
        Ok(mail)
    }
    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError> {
        let mut mail = self.inner.mail_of(worker, run).await?;
        if let Some((_, messages)) = &mut mail
            && !messages.is_empty()
        {
            let id = self.name(run).await?;
            read::messages(&self.codecs, &id, messages);
        }
        Ok(mail)
    }
    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError> {
        self.inner.unblock(points, now).await
    }
    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due(queue, points, unfit, now).await
    }
    async fn start(&self, mut run: NewRun) -> Result<Written, StoreError> {
        limits::check_run(&run)?;
        write::run(&self.codecs, &mut run)?;
        let mut written = self.inner.start(run).await?;
        self.written(&mut written);
        Ok(written)
    }
    async fn send(&self, id: &WorkflowId, mut message: NewMessage) -> Result<Sent, StoreError> {
        limits::check_message(&message)?;
        write::message(&self.codecs, id, &mut message)?;
        self.inner.send(id, message).await
    }
    async fn tell(&self, run: RunId, mut message: NewMessage) -> Result<Told, StoreError> {
        limits::check_message(&message)?;
        write::message(&self.codecs, &self.name(run).await?, &mut message)?;
        self.inner.tell(run, message).await
    }
    async fn start_or_send(
        &self,
        mut run: NewRun,
        mut message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
        limits::check_run(&run)?;
        limits::check_message(&message)?;
        write::message(&self.codecs, &run.id, &mut message)?;
        write::run(&self.codecs, &mut run)?;
        let (mut written, sent) = self.inner.start_or_send(run, message).await?;
        self.written(&mut written);
        Ok((written, sent))
    }
    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError> {
        self.inner.delete(id).await
    }
    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError> {
        self.inner.expire(expiry).await
    }
    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError> {
        let found = self.inner.find(id).await?;
        Ok(found.and_then(|run| self.all_seen(vec![run]).pop()))
    }
    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        let found = self.inner.follow(run).await?;
        Ok(found.and_then(|run| self.all_seen(vec![run]).pop()))
    }
    async fn steps(
        &self,
        run: RunId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StepRecord>, StoreError> {
        let mut steps = self.inner.steps(run, after, limit).await?;
        if !steps.is_empty() {
            let id = self.name(run).await?;
            for step in &mut steps {
                read::step(&self.codecs, (&id, run), step);
            }
        }
        Ok(steps)
    }
    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError> {
        let mut latest = self.inner.latest_step(run).await?;
        if let Some(step) = &mut latest {
            read::step(&self.codecs, (&self.name(run).await?, run), step);
        }
        Ok(latest)
    }
    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError> {
        let mut attempts = self.inner.attempts(run).await?;
        if !attempts.is_empty() {
            read::attempts(&self.codecs, &self.name(run).await?, &mut attempts);
        }
        Ok(attempts)
    }
    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let mut notes = self.inner.notes(run).await?;
        if !notes.is_empty() {
            read::notes(&self.codecs, (&self.name(run).await?, run), &mut notes);
        }
        Ok(notes)
    }
    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError> {
        let mut heard = self.inner.reply(run, msg).await?;
        if let Heard::Reply(reply) = &mut heard {
            read::reply(&self.codecs, &self.name(run).await?, reply);
        }
        Ok(heard)
    }
    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError> {
        let mut messages = self.inner.inbox(run).await?;
        if !messages.is_empty() {
            read::messages(&self.codecs, &self.name(run).await?, &mut messages);
        }
        Ok(messages)
    }
    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError> {
        let Listing { runs, next } = self.inner.list(filter, page).await?;
        let runs = self.all_seen(runs);
        Ok(Listing { runs, next })
    }
    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        self.inner.count(filter).await
    }
    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.inner.workers().await
    }
    async fn changed(&self, own: Option<Incarnation>, at_most: Duration) {
        self.inner.changed(own, at_most).await;
    }
    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
