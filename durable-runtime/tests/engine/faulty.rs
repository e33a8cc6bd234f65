//! A store that counts calls and fails at one of them.

use crate::support::{Bench, Running, leased};
use async_trait::async_trait;
use durable_runtime::engine::Worker;
use durable_runtime::id::{Incarnation, RunId, ScheduleId, Timestamp, WorkflowId};
use durable_runtime::store::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, QueueChange, QueueRecord, QueueSettings, Queues, Recorded,
    RunFilter, RunRecord, ScheduleRecord, ScheduleWrite, ScheduleWritten, Schedules, Sent,
    StepRecord, Store, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, Tasks, Told,
    Transacted, Unblock, Unfit, Work, WorkerRecord, Write, Written,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is cut before the call takes effect.
    CutBefore,
    /// The process is cut after the call took effect.
    CutAfter,
    /// The call has no effect and reports that the database cannot be reached.
    FailBefore,
    /// The call takes effect and reports that the database cannot be reached.
    FailAfter,
    /// The call and all that follow it fail until [`FaultyStore::heal`].
    Down,
    /// The call is refused for good.
    Refuse,
    /// The call is not made before [`FaultyStore::heal`].
    Stall,
    /// The process stands still: neither this call nor any that follows is made before
    /// [`FaultyStore::heal`].
    Freeze,
    /// The call panics.
    Panic,
    /// Counted are the reads that a worker repeats at its own pace, and one panics.
    PanicInRead,
    /// Counted are the claims of activities, and one is not made before [`FaultyStore::heal`].
    StallTasks,
}

/// Has a process cut at each of its calls to the store, before it and after, until it ends before that
/// (`None`); it makes more than `least` of them.
pub(crate) async fn cut_at_each_call(least: usize, cut: impl AsyncFn(usize, Fault) -> Option<()>) {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            if cut(n, fault).await.is_none() {
                assert!(n > least, "only {n} calls were cut");
                break;
            }
        }
    }
}

/// What an engine with a bug would write: to show that a test notices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flaw {
    pub(crate) writes: fn(&mut Vec<Write>),
    pub(crate) message: fn(&mut NewMessage),
    pub(crate) start: fn(&mut NewRun),
    pub(crate) schedule: fn(&mut ScheduleWrite),
}

impl Flaw {
    pub(crate) const NONE: Self = Self {
        writes: |_| {},
        message: |_| {},
        start: |_| {},
        schedule: |_| {},
    };
}

/// Passes calls on to another store; reads by a test go to that one directly.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    flaw: Flaw,
    calls: AtomicUsize,
    at: usize,
    fault: Fault,
    fired: AtomicBool,
    cut: Notify,
    healed: watch::Sender<bool>,
    claims: AtomicUsize,
    looks: AtomicUsize,
    unblocks: AtomicUsize,
    watches: AtomicUsize,
    refused: AtomicUsize,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>, at: usize, fault: Fault) -> Arc<Self> {
        Self::flawed(inner, at, fault, Flaw::NONE)
    }

    /// One that fails at its `n`-th call under a worker with the bench's clock and a lease that can end.
    pub(crate) fn at_work(bench: &Bench, n: usize, fault: Fault) -> (Arc<Self>, Running) {
        let store = Self::new(bench.store.clone(), n, fault);
        let worker = Worker::new(store.clone(), leased())
            .registry(bench.registry())
            .clock(Arc::new(bench.clock.clone()));
        (store, Running::new(worker))
    }

    /// Like [`Self::new`], for an engine with a bug.
    pub(crate) fn flawed(inner: Arc<dyn Store>, at: usize, fault: Fault, flaw: Flaw) -> Arc<Self> {
        Arc::new(Self {
            inner,
            flaw,
            calls: AtomicUsize::new(0),
            at,
            fault,
            fired: AtomicBool::new(false),
            cut: Notify::new(),
            healed: watch::Sender::new(false),
            claims: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            unblocks: AtomicUsize::new(0),
            watches: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        })
    }

    /// Passes everything on, and counts.
    pub(crate) fn counting(inner: Arc<dyn Store>) -> Arc<Self> {
        Self::new(inner, usize::MAX, Fault::Stall)
    }

    /// How often work was claimed.
    pub(crate) fn claims(&self) -> usize {
        self.claims.load(Ordering::SeqCst)
    }

    /// Waits until due work was looked for so often from now on.
    pub(crate) async fn looks(&self, count: usize) {
        self.reaches(&self.looks, count).await;
    }

    /// Waits until blocked runs were looked for so often from now on.
    pub(crate) async fn unblocks(&self, count: usize) {
        self.reaches(&self.unblocks, count).await;
    }

    /// Waits until news were waited for so often from now on.
    pub(crate) async fn watches(&self, count: usize) {
        self.reaches(&self.watches, count).await;
    }

    async fn reaches(&self, counter: &AtomicUsize, more: usize) {
        let goal = counter.load(Ordering::SeqCst) + more;
        let wait = async {
            while counter.load(Ordering::SeqCst) < goal {
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(20), wait).await;
        reached.expect("within 20 s");
    }

    pub(crate) fn fired(&self) -> bool {
        self.fired.load(Ordering::SeqCst)
    }

    /// Ends [`Fault::Down`], [`Fault::Stall`] and [`Fault::Freeze`].
    pub(crate) fn heal(&self) {
        self.healed.send_replace(true);
    }

    /// Waits until the fault has fired.
    pub(crate) async fn at_fault(&self) {
        let wait = async {
            while !self.fired() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("within 20 s");
    }

    /// Waits until the process is to be cut, or stands still.
    pub(crate) async fn cut(&self) {
        self.cut.notified().await;
    }

    async fn healed(&self) {
        let mut healed = self.healed.subscribe();
        let well = healed.wait_for(|healed| *healed).await;
        drop(well.expect("it lives as long"));
    }

    /// How many writes were refused because this process was declared dead.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// Counts a read of a worker's own pace.
    fn read(&self) {
        if self.fault == Fault::PanicInRead {
            let number = self.calls.fetch_add(1, Ordering::SeqCst);
            if number == self.at {
                self.fired.store(true, Ordering::SeqCst);
                panic!("the store panicked in a read");
            }
        }
    }

    /// Counts a call and does what is to be done to it.
    async fn through<T, E: From<StoreError>>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if self.fired() && matches!(self.fault, Fault::CutBefore | Fault::CutAfter) {
            return std::future::pending().await;
        }
        if matches!(self.fault, Fault::PanicInRead | Fault::StallTasks) {
            return call.await;
        }
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fault == Fault::Freeze && number >= self.at {
            if !self.fired.swap(true, Ordering::SeqCst) {
                self.cut.notify_one();
            }
            self.healed().await;
            return call.await;
        }
        let down = self.fault == Fault::Down && number > self.at && !*self.healed.borrow();
        if number != self.at && !down {
            return call.await;
        }
        self.fired.store(true, Ordering::SeqCst);
        assert!(self.fault != Fault::Panic, "the store panicked");
        if self.fault == Fault::Stall {
            self.healed().await;
            return call.await;
        }
        let cuts = matches!(self.fault, Fault::CutBefore | Fault::CutAfter);
        let cut = cuts.then_some(Cut(&self.cut));
        if matches!(self.fault, Fault::CutAfter | Fault::FailAfter) {
            // Its answer is lost.
            drop(call.await);
        }
        if let Some(cut) = cut {
            drop(cut);
            return std::future::pending().await;
        }
        if self.fault == Fault::Refuse {
            return Err(StoreError::Bug("a refusal".into()).into());
        }
        Err(StoreError::Unavailable("a fault".into()).into())
    }
}

/// Has the process cut when it is dropped: also by who does not wait for the call any more.
struct Cut<'a>(&'a Notify);

impl Drop for Cut<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

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
    async fn tell(&self, run: RunId, message: NewMessage) -> Result<Told, StoreError> {
        self.through(self.inner.tell(run, message)).await
    }
    async fn start_or_send(
        &self,
        run: NewRun,
        message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
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
