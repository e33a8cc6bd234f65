//! The group committer: one task that makes all fenced calls of one incarnation, one at a time.
//!
//! ```text
//!   runs ──Writes──▶ ┌───────────┐  one Store::commit for all that is queued
//!   runs ──Writes──▶ │ committer │ ───────────────────────────────────────▶ store
//!   hub ───Claim───▶ │ owns Fence│ ◀─────────────────────────────────────── answers, one by one
//!                    └───────────┘  while a batch is synced, the next one fills
//! ```
//!
//! A transient error acknowledges nothing: the same call is repeated until the store is well
//! again. That also decides a call whose outcome is unknown, because its fence can hold only once.

mod answers;

use self::answers::size;
use super::health::{Health, HealthSender};
use super::meters::Meters;
use crate::clock::{Busy, Clock};
use crate::id::{Incarnation, Timestamp, WorkflowId};
use crate::store::{
    self, Claim, ClaimedRun, Fence, FenceError, Record, Store, StoreError, TaskClaim, Transacted,
    Work, Write, Written,
};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A batch takes what is queued up to this many writes: more adds latency, not throughput.
const BATCH_WRITES_MAX: usize = 256;
/// A batch takes what is queued up to this many bytes of values.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// How many requests wait for the committer: a few batches, beyond that the runs wait.
const QUEUE_MAX: usize = 4 * BATCH_WRITES_MAX;
/// The first pause after a transient error of the store.
const RETRY_FIRST: Duration = Duration::from_millis(10);
/// The longest pause between two tries: how late a healed store is noticed.
const RETRY_MAX: Duration = Duration::from_secs(1);

/// Why an incarnation ended. Whoever waits for it drops all that it has in memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    /// It was declared dead.
    #[error("this worker was declared dead")]
    Dead,
    /// The database is not the one that this worker knew.
    #[error("the database does not match this worker's memory")]
    OtherHistory,
    /// A claim was committed, but its answer was lost, so nobody knows what was claimed.
    #[error("the answer to a claim was lost")]
    ClaimUnknown,
    /// The engine broke a rule.
    #[error("a task of the engine failed: {0}")]
    Bug(String),
    /// The store will not work again.
    #[error(transparent)]
    Store(StoreError),
}

/// Why writes were not committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CommitError {
    /// The incarnation has ended.
    Lost,
    /// The store refuses these writes for good.
    Refused(StoreError),
}

type Answer<T> = oneshot::Sender<T>;

enum Request {
    Writes {
        id: WorkflowId,
        writes: Vec<Write>,
        answer: Answer<Result<Vec<Written>, CommitError>>,
    },
    Claim(Claim, Answer<Vec<ClaimedRun>>),
    TakeOver(Incarnation, usize, Answer<Vec<ClaimedRun>>),
    Tasks(TaskClaim, Answer<Vec<store::Task>>),
    Transact(Record, Work, Answer<Result<Transacted, StoreError>>),
}

/// The way to the committer; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Committer(mpsc::Sender<Request>);

impl Committer {
    /// Commits the writes of one run, all in one batch, and answers each.
    pub(super) async fn write(
        &self,
        id: WorkflowId,
        writes: Vec<Write>,
    ) -> Result<Vec<Written>, CommitError> {
        let ask = |answer| Request::Writes { id, writes, answer };
        self.ask(ask).await.unwrap_or(Err(CommitError::Lost))
    }

    /// Claims runs; `None` if the incarnation has ended or the store refuses.
    pub(super) async fn claim(&self, claim: Claim) -> Option<Vec<ClaimedRun>> {
        self.ask(|answer| Request::Claim(claim, answer)).await
    }

    /// Takes over runs of a dead worker; `None` as for [`claim`](Self::claim).
    pub(super) async fn take_over(
        &self,
        from: Incarnation,
        limit: usize,
    ) -> Option<Vec<ClaimedRun>> {
        self.ask(|answer| Request::TakeOver(from, limit, answer))
            .await
    }

    /// Claims tasks; `None` as for [`claim`](Self::claim).
    pub(super) async fn claim_tasks(&self, claim: TaskClaim) -> Option<Vec<store::Task>> {
        self.ask(|answer| Request::Tasks(claim, answer)).await
    }

    /// Does work in the store's transaction, once for this record; `None` if the incarnation has
    /// ended.
    pub(super) async fn transact(
        &self,
        record: Record,
        work: Work,
    ) -> Option<Result<Transacted, StoreError>> {
        self.ask(|answer| Request::Transact(record, work, answer))
            .await
    }

    async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.0.send(request(answer)).await.ok()?;
        answered.await.ok()
    }
}

/// One run's part of a batch.
struct Part {
    id: WorkflowId,
    /// Which of the batch's writes are its own.
    writes: Range<usize>,
    answer: Answer<Result<Vec<Written>, CommitError>>,
}

enum Call {
    Commit(Arc<[Write]>),
    Claim(Claim),
    TakeOver(Incarnation, usize),
    Tasks(TaskClaim),
    Transact(Record, Work),
}

enum Reply {
    Written(Vec<Written>),
    Claimed(Vec<ClaimedRun>),
    Tasks(Vec<store::Task>),
    Transacted(Transacted),
    /// An earlier try was applied and its answer lost.
    Unknown,
    /// The store will not take it.
    Refused(StoreError),
}

impl Reply {
    fn runs(self) -> Option<Vec<ClaimedRun>> {
        match self {
            Self::Claimed(runs) => Some(runs),
            _ => None,
        }
    }

    fn tasks(self) -> Option<Vec<store::Task>> {
        match self {
            Self::Tasks(tasks) => Some(tasks),
            _ => None,
        }
    }
}

/// The committer's own state.
pub(super) struct Task {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    worker: Incarnation,
    beat: i64,
    lease: Duration,
    last_beat: Timestamp,
    health: HealthSender,
    meters: Arc<Meters>,
    requests: mpsc::Receiver<Request>,
    /// Taken from the queue, but not for this batch.
    next: Option<Request>,
}

impl Task {
    /// A committer for an incarnation that has just been registered.
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        worker: Incarnation,
        lease: Duration,
        health: HealthSender,
        meters: Arc<Meters>,
    ) -> (Committer, Self) {
        let (sender, requests) = mpsc::channel(QUEUE_MAX);
        let last_beat = clock.now();
        let (beat, next) = (0, None);
        let task = Self {
            store,
            clock,
            worker,
            beat,
            lease,
            last_beat,
            health,
            meters,
            requests,
            next,
        };
        (Committer(sender), task)
    }

    /// Works until the incarnation has ended; `Ok` when nobody can ask any more.
    pub(super) async fn run(mut self) -> Result<(), Lost> {
        let mut heartbeat = self.clock.tick(self.last_beat.after(self.lease / 3));
        loop {
            let request = if let Some(next) = self.next.take() {
                next
            } else {
                tokio::select! {
                    biased;
                    request = self.requests.recv() => match request {
                        Some(request) => request,
                        None => return Ok(()),
                    },
                    busy = &mut heartbeat => {
                        self.heartbeat(busy).await?;
                        heartbeat = self.clock.tick(self.last_beat.after(self.lease / 3));
                        continue;
                    }
                }
            };
            match request {
                Request::Writes { id, writes, answer } => {
                    let (parts, writes) = self.gather(id, writes, answer);
                    self.commit(parts, writes.into()).await?;
                }
                Request::Claim(claim, answer) => {
                    self.claim(&Call::Claim(claim), answer, Reply::runs).await?;
                }
                Request::TakeOver(from, limit, answer) => {
                    let call = Call::TakeOver(from, limit);
                    self.claim(&call, answer, Reply::runs).await?;
                }
                Request::Tasks(claim, answer) => {
                    self.claim(&Call::Tasks(claim), answer, Reply::tasks)
                        .await?;
                }
                Request::Transact(record, work, answer) => {
                    self.transact(&Call::Transact(record, work), answer).await?;
                }
            }
        }
    }

    /// Every commit is a beat; an empty one is made when there was none for a while.
    async fn heartbeat(&mut self, _busy: Busy) -> Result<(), Lost> {
        if self.last_beat.after(self.lease / 3) > self.clock.now() {
            return Ok(());
        }
        match self.perform(&Call::Commit([].into())).await? {
            // There is nothing in it that could be to blame, and without beats there is no lease.
            Reply::Refused(error) => Err(Lost::Bug(error.to_string())),
            _ => Ok(()),
        }
    }

    /// Takes what is queued behind the first writes, up to the limits of a batch.
    fn gather(
        &mut self,
        id: WorkflowId,
        first: Vec<Write>,
        answer: Answer<Result<Vec<Written>, CommitError>>,
    ) -> (Vec<Part>, Vec<Write>) {
        let (mut all, mut bytes) = (first, 0);
        let writes = 0..all.len();
        let mut parts = vec![Part { id, writes, answer }];
        let mut counted = 0;
        while all.len() < BATCH_WRITES_MAX {
            bytes += size(&all[counted..]);
            counted = all.len();
            if bytes >= BATCH_BYTES_MAX {
                break;
            }
            match self.requests.try_recv() {
                Ok(Request::Writes { id, writes, answer }) => {
                    all.extend(writes);
                    let writes = counted..all.len();
                    parts.push(Part { id, writes, answer });
                }
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        (parts, all)
    }

    async fn commit(&mut self, parts: Vec<Part>, writes: Arc<[Write]>) -> Result<(), Lost> {
        let batch = self.meters.batch(writes.len(), || size(&writes));
        let reply = self.perform(&Call::Commit(Arc::clone(&writes))).await?;
        if !matches!(reply, Reply::Refused(_)) {
            self.meters.committed(batch);
        }
        match reply {
            // The batch falls with the part that is to blame; find it.
            Reply::Refused(_) if parts.len() > 1 => {
                for mut part in parts {
                    let own: Arc<[Write]> = writes[part.writes].into();
                    part.writes = 0..own.len();
                    let reply = self.perform(&Call::Commit(Arc::clone(&own))).await?;
                    self.answer(vec![part], &own, reply).await?;
                }
                Ok(())
            }
            reply => self.answer(parts, &writes, reply).await,
        }
    }

    async fn answer(
        &mut self,
        parts: Vec<Part>,
        writes: &[Write],
        reply: Reply,
    ) -> Result<(), Lost> {
        match reply {
            Reply::Written(written) => {
                let mut written = written.into_iter();
                for part in parts {
                    let answers = written.by_ref().take(part.writes.len()).collect();
                    // Nobody waits if the run was dropped meanwhile.
                    let _ = part.answer.send(Ok(answers));
                }
            }
            Reply::Unknown => {
                for part in parts {
                    let answers = self.find_out(&part.id, &writes[part.writes]).await?;
                    let _ = part.answer.send(Ok(answers));
                }
            }
            Reply::Refused(error) => {
                for part in parts {
                    let _ = part.answer.send(Err(CommitError::Refused(error.clone())));
                }
            }
            Reply::Claimed(_) | Reply::Tasks(_) | Reply::Transacted(_) => {
                return Err(Lost::Bug("a commit was answered as another call".into()));
            }
        }
        Ok(())
    }

    async fn claim<T>(
        &mut self,
        call: &Call,
        answer: Answer<Vec<T>>,
        of: fn(Reply) -> Option<Vec<T>>,
    ) -> Result<(), Lost> {
        match self.perform(call).await? {
            Reply::Unknown => Err(Lost::ClaimUnknown),
            Reply::Refused(error) => {
                tracing::error!(%error, "the store refuses to hand out work");
                Ok(())
            }
            reply => {
                let claimed = of(reply);
                let claimed = claimed
                    .ok_or_else(|| Lost::Bug("a claim was answered as another call".into()))?;
                // If nobody waits, nobody will ever hold these: only an ending life drops its
                // questions, and then they are taken over.
                let _ = answer.send(claimed);
                Ok(())
            }
        }
    }

    async fn transact(
        &mut self,
        call: &Call,
        answer: Answer<Result<Transacted, StoreError>>,
    ) -> Result<(), Lost> {
        if answer.is_closed() {
            // The attempt was given up while this waited for its turn.
            return Ok(());
        }
        let done = loop {
            match self.perform(call).await? {
                Reply::Transacted(done) => break Ok(done),
                Reply::Refused(error) => break Err(error),
                // The record tells what has become of it.
                Reply::Unknown => {}
                Reply::Written(_) | Reply::Claimed(_) | Reply::Tasks(_) => {
                    return Err(Lost::Bug("work was answered as another call".into()));
                }
            }
        };
        // Nobody waits if the attempt was given up meanwhile.
        let _ = answer.send(done);
        Ok(())
    }

    /// Makes a fenced call until the store has decided it.
    async fn perform(&mut self, call: &Call) -> Result<Reply, Lost> {
        let mut pause = RETRY_FIRST;
        let mut tried = false;
        loop {
            let now = self.clock.now();
            let lease_until = now.after(self.lease);
            let fence = Fence {
                worker: self.worker,
                beat: self.beat,
                lease_until,
            };
            match self.call(fence, call).await {
                Ok(reply) => {
                    self.beaten(now);
                    return Ok(reply);
                }
                Err(FenceError::AlreadyApplied) if tried => {
                    self.beaten(now);
                    return Ok(Reply::Unknown);
                }
                Err(FenceError::AlreadyApplied | FenceError::HistoryLost) => {
                    return Err(Lost::OtherHistory);
                }
                Err(FenceError::Dead) => return Err(Lost::Dead),
                Err(FenceError::Store(
                    error @ (StoreError::Closed
                    | StoreError::Outdated { .. }
                    | StoreError::Unusable(_)),
                )) => return Err(Lost::Store(error)),
                Err(FenceError::Store(error)) if error.is_transient() => {
                    tracing::warn!(%error, "the store does not take commits; trying again");
                    self.health.set(Health::StoreTrouble(error.to_string()));
                    self.meters.store_error();
                }
                Err(FenceError::Store(error)) => return Ok(Reply::Refused(error)),
            }
            tried = true;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_MAX);
        }
    }

    fn beaten(&mut self, now: Timestamp) {
        self.beat += 1;
        self.last_beat = now;
        self.health.set(Health::Well);
    }

    async fn call(&self, fence: Fence, call: &Call) -> Result<Reply, FenceError> {
        match call {
            Call::Commit(writes) => self
                .store
                .commit(fence, Arc::clone(writes))
                .await
                .map(Reply::Written),
            Call::Claim(claim) => self
                .store
                .claim(fence, claim.clone())
                .await
                .map(Reply::Claimed),
            Call::TakeOver(from, limit) => self
                .store
                .take_over(fence, *from, *limit)
                .await
                .map(Reply::Claimed),
            Call::Tasks(claim) => self
                .store
                .claim_tasks(fence, claim.clone())
                .await
                .map(Reply::Tasks),
            Call::Transact(record, work) => self
                .store
                .transact(Some((fence, *record)), work.clone())
                .await
                .map(Reply::Transacted),
        }
    }
}
