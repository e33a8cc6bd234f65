//! The contract between the engine and a database.
//!
//! Few coarse calls, named by intent. Each call is **one transaction**, and its promise stands
//! above it. A store makes no ids, reads no clock and takes no decisions: ids, times and limits
//! come in as arguments. Everything that an owner writes goes through [`Store::commit`],
//! [`Store::claim`] and [`Store::take_over`], whose first statement is a compare-and-set on the
//! worker's own row (the *beat fence*): a worker that was declared dead, or whose database went
//! back in time, cannot write anything.
//!
//! One public conformance suite ([`conformance`]) instantiates every case for every store.

mod changes;
mod children;
mod condition;
pub mod conformance;
mod error;
mod expiry;
mod ids;
pub mod limits;
mod listing;
mod memory;
mod message;
mod notes;
mod open;
mod pause;
#[cfg(feature = "postgres")]
pub mod postgres;
mod queueing;
mod queues;
mod records;
mod replies;
mod schedules;
pub mod sqlite;
mod tags;
mod tasks;
mod terms;
mod transact;

pub(crate) use children::PARENT_ENDED;
pub use children::{ChildEnd, Parent, ParentClose};
pub use condition::{Compare, Condition, Field};
pub use error::{FenceError, StoreError};
pub use expiry::{Deleted, Expiry, Kinds};
pub(crate) use expiry::{WORKER_KEPT, WORKERS_FORGOTTEN_MAX};
pub use ids::{IdPolicy, OnConflict, Reuse};
pub use listing::{Listing, Page, RunFilter};
pub use memory::MemoryStore;
pub use message::{
    CHAIN_MAX, Message, MessageKind, NewMessage, Sent, Told, UNREAD_BYTES_MAX, UNREAD_MAX,
};
pub use notes::Note;
pub use open::open;
pub use pause::Paused;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub(crate) use queueing::{ARRIVALS_MAX, Had};
pub use queueing::{Concurrency, Fairness, InvalidPriority, Queueing};
pub use queues::{QueueChange, QueueRecord, QueueSettings, Queues, Rate};
pub use records::{
    AttemptOf, AttemptRecord, Claim, ClaimedRun, End, Fence, NewRun, NewStep, NewWorker, Park,
    Phase, RunRecord, RunState, StepRecord, Unblock, Unfit, WorkerRecord, Write, Written,
};
pub use replies::{Heard, Reply, ReplyStage};
pub use schedules::{
    ScheduleRecord, ScheduleRow, ScheduleWrite, ScheduleWritten, Scheduled, ScheduledEnd, Schedules,
};
pub use sqlite::{SqliteOptions, SqliteStore};
pub use tags::{Attribute, MemoValue, TagChanges, Tags};
pub use tasks::{
    NewTask, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, TaskWait, TaskWrite, Tasks,
};
pub use terms::Terms;
pub use transact::{Record, Recorded, Transacted, Work};

use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// A durable home for workflows. "On disk" below means that a power cut cannot undo it.
#[async_trait]
pub trait Store: Schedules + Queues + Tasks + std::fmt::Debug + Send + Sync + 'static {
    // --- workers -------------------------------------------------------------------------

    /// Registers a new incarnation with beat 0. On disk when it returns. Registering the same
    /// incarnation twice is an error.
    async fn register(&self, worker: NewWorker) -> Result<(), StoreError>;

    /// The owner's write path: one transaction that first compares `fence.beat` with the
    /// worker's row (state alive), adds one to it and sets the lease to `fence.lease_until`, then
    /// applies `writes` in order, and is on disk when it returns. An empty batch is the heartbeat.
    ///
    /// Answers one [`Written`] per write, in order. A write that is refused by its own condition
    /// (an id that exists, a park that was overtaken by a message) says so in its answer and
    /// changes nothing; the others are applied.
    ///
    /// If the outcome is unknown (`StoreError::Unavailable`), repeat the same call: it then either
    /// applies the batch or answers [`FenceError::AlreadyApplied`]. The writes are shared, so that
    /// nobody has to copy them for that.
    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError>;

    /// Takes up to `claim.limit` runs that are due (`due_at <= claim.now`, not blocked, in
    /// `claim.queue`, at one of `claim.points`, and of none of the kinds in `claim.unfit`),
    /// and makes `fence.worker` their owner. Fenced like `commit`. The wake counter of each is taken
    /// before its inbox is read.
    ///
    /// Those of the first [`priority`](Queueing::priority) come first, and within one the earliest.
    /// Where a start has a [`fairness`](Queueing::fairness), starts wait in line until none does:
    /// within one priority they come after all runs that have begun, and among themselves in the
    /// order of start-time fair queueing: each gets a tag when it is started, or when it is due if
    /// that is later, which is that of its key's last start plus a distance that is divided by that
    /// one's weight, but at least the largest tag that has been claimed; the smallest is first.
    ///
    /// So they do where a start has a [`concurrency`](Queueing::concurrency) key or something is set
    /// for the queue, and then none is claimed that there is no room for. A run has a place from then
    /// on to its end, and gives it to one that goes on in its place. A child shares that of a run
    /// above it in the same queue, if all between wait for it. One whose key has no room joins the
    /// line when it has, in the order of priority and time.
    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError>;

    /// Whether [`transact`](Self::transact) is possible.
    fn transacts(&self) -> bool {
        false
    }

    /// Does work of an application in a transaction of this store, and keeps it away from the
    /// store's own tables. With a record it is fenced like `commit`, is done only if the worker owns
    /// the run and no earlier call has done it, and what it gives becomes a note of the run in the same
    /// transaction; on disk when it answers [`Transacted::Done`].
    async fn transact(
        &self,
        recorded: Option<Recorded>,
        work: Work,
    ) -> Result<Transacted, FenceError> {
        let _ = (recorded, work);
        Err(StoreError::NoTransactions.into())
    }

    /// Declares workers dead whose lease ended before `now`, and commits that before it returns.
    /// Answers all dead workers that still own runs, including those declared dead earlier and
    /// those that have no row at all (a restored backup). Their [tasks](Tasks) are lost.
    /// Forgets some of the workers that were gone for a week and own nothing.
    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError>;

    /// Makes `fence.worker` the owner of up to `limit` runs of the dead worker `from`, in a
    /// transaction of its own, later than the one that declared `from` dead. Fenced like `commit`.
    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError>;

    /// Ends an incarnation in good order: its row is marked dead; runs it still owns can be taken
    /// over at once and no strike is counted, and its [tasks](Tasks) can be claimed.
    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError>;

    /// Unread messages of the runs that `worker` owns, with each run's wake counter (read first).
    /// Of a run in `known`, only those behind that `ord`.
    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError>;

    /// The same of one run, all that is unread, also if there is nothing. `None` if `worker` is told
    /// nothing of it (any more).
    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError>;

    /// Makes blocked runs claimable again (due at `now`) whose suspend point is named, and, where
    /// a fingerprint is given, whose frame has exactly it. Answers how many.
    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError>;

    /// When the next run in `queue` at one of `points` becomes due, if any waits with a time. Of
    /// starts in line that is the first in it, and whichever is to join it first.
    /// Those of the kinds in `unfit` do not count, as in a claim. It is `now`, which shows what a
    /// clock has written that was ahead.
    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError>;

    // --- clients -------------------------------------------------------------------------

    /// Starts a run that nobody owns yet; on disk when it answers [`Written::Started`].
    /// A child whose parent has ended meanwhile hears of that at once, by its
    /// [`ParentClose`].
    /// [`Written::Exists`] if the id is taken (by a live or a finished run) and its [`IdPolicy`]
    /// does not take it, or else [`Written::RunTaken`] if the run's number is: nothing changed.
    /// A running one whose id it takes ends as terminated, whoever owns it, and its owner is
    /// told by a [`MessageKind::Terminate`]; whatever it still writes is refused.
    async fn start(&self, run: NewRun) -> Result<Written, StoreError>;

    /// Puts a message into the inbox of the current run of `id`, raises its wake counter and makes
    /// it due if it is parked (a signal or update only if it has recorded a step: before, nothing waits for
    /// one, and a delay is kept); on disk when it returns. A repeated message id is absorbed, also if the
    /// run has ended since it took the message, or one took it that this run goes on for, or, if an
    /// operation of a workflow has sent it, any earlier run of the id (the [`CHAIN_MAX`] latest of
    /// them are asked).
    /// A new one is refused where [`NewMessage::unread_max`] says so.
    /// [`MessageKind::Terminate`] ends a run without an owner at once, with the payload as its
    /// error text; its latest frame is kept, and no other; its parent and its children hear of it as
    /// of any [`End`].
    ///
    /// [`MessageKind::Pause`] lets a run rest, for the reason in the payload: nobody claims it. If
    /// somebody owns it, it is told by a message with an id of the store's, and parked where no
    /// claim finds it. [`MessageKind::Resume`] ends that, and lets a run go on that was parked as
    /// [`Park::held`]; a [`MessageKind::Cancel`] ends it too. Each changes nothing where there is
    /// nothing to change.
    async fn send(&self, id: &WorkflowId, message: NewMessage) -> Result<Sent, StoreError>;

    /// Puts a message into the inbox of this run, and of no other that goes on in its place; on disk
    /// when it returns. As [`send`](Self::send) otherwise, but a repeated message id is told. A heartbeat
    /// takes the place of those before it of its attempt (`NewMessage::replaces`) that are in the
    /// inbox of a run without an owner.
    async fn tell(&self, run: RunId, message: NewMessage) -> Result<Told, StoreError>;

    /// Both in one transaction: starts `run` if its id is free, and then sends `message` to the
    /// current run of that id. The answers are those of [`start`](Self::start) and
    /// [`send`](Self::send); for a run that is finished nothing changes. After
    /// [`Written::RunTaken`], and if the id belongs to another workflow function, nothing is sent.
    async fn start_or_send(
        &self,
        run: NewRun,
        message: NewMessage,
    ) -> Result<(Written, Sent), StoreError>;

    /// Deletes an ended workflow: all runs of its id, and their children that have ended, theirs
    /// too; children that run go on without it. Its id is free then.
    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError>;

    /// Deletes ended runs, those that ended first before others, as [`delete`](Self::delete) does.
    /// A run stays for as long as the run that started it has not ended. Answers how many were
    /// looked for and found; fewer than the limit are all.
    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError>;

    // --- reading (never waits for a writer) -------------------------------------------------

    /// The current run of `id`.
    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError>;

    /// The run that goes on in the place of `run`, after however many others: itself, unless it
    /// was continued.
    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError>;

    /// The recorded steps of a run with `seq > after`, in order, at most `limit`.
    async fn steps(
        &self,
        run: RunId,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StepRecord>, StoreError>;

    /// The latest step of a run, with its frame.
    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError>;

    /// The recorded failed attempts of a run, oldest first.
    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError>;

    /// The latest [`Note`] on each operation of a run that no step has settled, by operation.
    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// What a run, one that continues it, or one that it goes on for, has said of a message: of the
    /// same runs as [`send`](Self::send) asks whether they have had it.
    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError>;

    /// The messages of a run that none of its steps has consumed yet, in order.
    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError>;

    /// Runs, newest first, by filter and page.
    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError>;

    /// How many runs a filter finds, at one moment: as many as [`list`](Self::list) gives in all.
    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError>;

    /// All workers on record, live ones first.
    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError>;

    /// Returns when somebody else (another handle or process) may have committed something since
    /// the last call on this handle, or after `at_most`. A hint: it may return early, and polling
    /// stays correct without it. What the worker `own` itself has parked, answered or ended, without an
    /// effect on another run, is no reason to return: it knows. What is reported once on a handle, to
    /// a worker or to those who are none, is not reported again to them, so one task of each should
    /// wait and tell the others. Several that wait at the same time are all told.
    async fn changed(&self, own: Option<Incarnation>, at_most: Duration);

    /// Flushes and closes what this handle owns. Calls after it answer `StoreError::Closed`.
    async fn close(&self) -> Result<(), StoreError>;
}
