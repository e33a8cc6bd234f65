//! What the cases share: a worker that remembers its beat, and plain records.

use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{
    AttemptOf, AttemptRecord, Claim, ClaimedRun, End, Fence, FenceError, MessageKind, NewMessage,
    NewRun, NewStep, NewWorker, Note, Park, Phase, RunRecord, RunState, Sent, Store, TagChanges,
    Write, Written,
};

/// Until when the lease of every worker of the kit lasts.
pub(in crate::store) const LEASE: Timestamp = Timestamp(1_000);

/// The workflow, the queue and the points of all records below.
pub(in crate::store) const WORKFLOW: &str = "order";
pub(in crate::store) const QUEUE: &str = "main";
pub(in crate::store) const FRESH: &str = "order/";
pub(in crate::store) const CHARGE: &str = "order/charge";

/// A worker.
pub(in crate::store) struct Worker<'a> {
    pub(in crate::store) store: &'a dyn Store,
    pub(in crate::store) fence: Fence,
}

impl<'a> Worker<'a> {
    pub(in crate::store) async fn register(store: &'a dyn Store, number: i64) -> Self {
        let worker = new_worker(number);
        store.register(worker).await.expect("a new worker");
        Self::with_beat(store, number, 0)
    }

    /// A worker that believes in this beat.
    pub(in crate::store) fn with_beat(store: &'a dyn Store, number: i64, beat: i64) -> Self {
        let fence = Fence {
            worker: Incarnation(number),
            beat,
            lease_until: LEASE,
        };
        Self { store, fence }
    }

    pub(in crate::store) fn id(&self) -> Incarnation {
        self.fence.worker
    }

    pub(in crate::store) async fn try_commit(
        &mut self,
        writes: Vec<Write>,
    ) -> Result<Vec<Written>, FenceError> {
        let written = self.store.commit(self.fence, writes.into()).await?;
        self.fence.beat += 1;
        Ok(written)
    }

    pub(in crate::store) async fn commit(&mut self, writes: Vec<Write>) -> Vec<Written> {
        self.try_commit(writes).await.expect("the fence holds")
    }

    /// Commits one write and returns its answer.
    pub(in crate::store) async fn write(&mut self, write: Write) -> Written {
        self.commit(vec![write]).await.remove(0)
    }

    /// Starts runs that it owns.
    pub(in crate::store) async fn starts(&mut self, runs: &[i64]) {
        let start = |run: &i64| Write::Start(owned(*run, self.id()));
        let written = self.commit(runs.iter().map(start).collect()).await;
        assert!(
            written.iter().all(|w| *w == Written::Started),
            "{written:?}"
        );
    }

    pub(in crate::store) async fn try_claim(
        &mut self,
        claim: Claim,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        let claimed = self.store.claim(self.fence, claim).await?;
        self.fence.beat += 1;
        Ok(claimed)
    }

    /// Claims whatever is due in the kit's queue.
    pub(in crate::store) async fn claim(&mut self, now: i64) -> Vec<ClaimedRun> {
        self.try_claim(claim(now)).await.expect("the fence holds")
    }

    pub(in crate::store) async fn try_take_over(
        &mut self,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        let taken = self.store.take_over(self.fence, from, limit).await?;
        self.fence.beat += 1;
        Ok(taken)
    }

    pub(in crate::store) async fn take_over(&mut self, from: Incarnation) -> Vec<ClaimedRun> {
        let taken = self.try_take_over(from, 100).await;
        taken.expect("the fence holds")
    }
}

pub(in crate::store) fn new_worker(number: i64) -> NewWorker {
    NewWorker {
        worker: Incarnation(number),
        label: format!("worker {number}"),
        points: vec![FRESH.into(), CHARGE.into()],
        lease_until: LEASE,
    }
}

/// The id that the kit gives to a run.
pub(in crate::store) fn id(run: i64) -> WorkflowId {
    WorkflowId::new(format!("order-{run}")).expect("a valid id")
}

/// A run that waits from time 1 on.
pub(in crate::store) fn waiting(run: i64) -> NewRun {
    NewRun::new(
        RunId(run),
        id(run),
        WORKFLOW.into(),
        QUEUE.into(),
        vec![1, 2],
        Timestamp(1),
    )
}

/// A run that is born owned.
pub(in crate::store) fn owned(run: i64, owner: Incarnation) -> NewRun {
    NewRun {
        owner: Some(owner),
        ..waiting(run)
    }
}

pub(in crate::store) fn step(run: i64, seq: i64) -> NewStep {
    NewStep {
        run: RunId(run),
        seq,
        label: "charge".into(),
        at: Timestamp(seq),
        result: (seq > 1).then(|| vec![3]),
        frame: Some(vec![4, 5, 6]),
        consumed: Vec::new(),
        replies: Vec::new(),
        settled: Vec::new(),
        tags: TagChanges::default(),
    }
}

pub(in crate::store) fn attempt(run: i64, op: u64, attempt: u32) -> AttemptRecord {
    AttemptRecord {
        run: RunId(run),
        of: AttemptOf::Activity { op },
        attempt,
        at: Timestamp(5),
        error: "no connection".into(),
        next_at: Timestamp(9),
    }
}

pub(in crate::store) fn note(run: i64, op: u64, body: u8) -> Note {
    Note {
        run: RunId(run),
        op,
        body: vec![body],
        consumed: Vec::new(),
    }
}

/// A park that waits for a message.
pub(in crate::store) fn park(run: i64, wakes: i64, seq: i64) -> Park {
    Park {
        run: RunId(run),
        wakes,
        seq,
        queue: QUEUE.into(),
        point: CHARGE.into(),
        fingerprint: 7,
        due_at: None,
        blocked: None,
        held: false,
    }
}

pub(in crate::store) fn park_until(run: i64, due_at: i64) -> Park {
    Park {
        due_at: Some(Timestamp(due_at)),
        ..park(run, 0, 0)
    }
}

pub(in crate::store) fn blocked(run: i64, point: &str, fingerprint: u64) -> Park {
    Park {
        blocked: Some("local left: missing field price".into()),
        point: point.into(),
        fingerprint,
        ..park(run, 0, 0)
    }
}

pub(in crate::store) fn end(run: i64, seq: i64) -> End {
    End {
        run: RunId(run),
        phase: Phase::Completed,
        output: Some(vec![8]),
        error: None,
        seq,
        at: Timestamp(50),
        keep_frames: false,
        published: None,
        followed: false,
    }
}

pub(in crate::store) fn claim(now: i64) -> Claim {
    Claim {
        queue: QUEUE.into(),
        points: vec![FRESH.into(), CHARGE.into()],
        unfit: vec![],
        now: Timestamp(now),
        limit: 100,
    }
}

pub(in crate::store) fn message(msg: &str) -> NewMessage {
    NewMessage {
        msg: msg.into(),
        kind: MessageKind::Cancel,
        name: String::new(),
        payload: b"changed my mind".to_vec(),
        sent_at: Timestamp(20),
        unread_max: None,
    }
}

pub(in crate::store) fn terminate(msg: &str) -> NewMessage {
    NewMessage {
        kind: MessageKind::Terminate,
        ..message(msg)
    }
}

pub(in crate::store) fn signal(msg: &str, name: &str, value: u8) -> NewMessage {
    NewMessage {
        kind: MessageKind::Signal,
        name: name.into(),
        payload: vec![value],
        ..message(msg)
    }
}

pub(in crate::store) async fn start(store: &dyn Store, run: i64) {
    let started = store.start(waiting(run)).await;
    assert_eq!(started, Ok(Written::Started));
}

pub(in crate::store) async fn send(store: &dyn Store, run: i64, msg: &str) {
    let sent = store.send(&id(run), message(msg)).await;
    assert_eq!(sent, Ok(Sent::Accepted(RunId(run))));
}

pub(in crate::store) async fn find(store: &dyn Store, run: i64) -> RunRecord {
    let found = store.find(&id(run)).await.expect("a readable store");
    found.expect("the run exists")
}

pub(in crate::store) async fn state(store: &dyn Store, run: i64) -> RunState {
    find(store, run).await.state
}

pub(in crate::store) fn numbers(claimed: &[ClaimedRun]) -> Vec<i64> {
    claimed.iter().map(|claimed| claimed.run.run.0).collect()
}
