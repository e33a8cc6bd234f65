//! What the store's tests share: records with few words, and a worker that remembers its beat.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod pair;

use durable_runtime::id::{Incarnation, RunId, Timestamp, WorkflowId};
use durable_runtime::store::{
    Claim, ClaimedRun, End, Fence, FenceError, MessageKind, NewMessage, NewRun, NewStep, NewWorker,
    Park, Phase, SqliteOptions, SqliteStore, Store, TagChanges, Write, Written,
};
use std::path::Path;
use std::time::Duration;

pub(crate) const POINT: &str = "order/charge";

/// The end of every lease.
pub(crate) const LEASE: Timestamp = Timestamp(1_000);
pub(crate) const LATE: Timestamp = Timestamp(1_001);

/// Opens a file as another process would.
pub(crate) async fn open(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path, SqliteOptions::default()).await;
    store.expect("a database of ours")
}

/// The same with little patience for other processes.
pub(crate) async fn open_impatient(path: &Path) -> SqliteStore {
    let options = SqliteOptions {
        busy_timeout: Duration::from_millis(50),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open(path, options).await;
    store.expect("a database of ours")
}

pub(crate) fn id(run: i64) -> WorkflowId {
    WorkflowId::new(format!("order-{run}")).expect("a valid id")
}

pub(crate) fn new_run(run: i64, owner: Option<i64>) -> NewRun {
    NewRun {
        owner: owner.map(Incarnation),
        ..NewRun::new(
            RunId(run),
            id(run),
            "order".into(),
            "main".into(),
            vec![1; 100],
            Timestamp(1),
        )
    }
}

pub(crate) fn step(run: i64, seq: i64) -> NewStep {
    NewStep {
        run: RunId(run),
        seq,
        label: "charge".into(),
        at: Timestamp(2),
        result: Some(vec![2; 100]),
        frame: Some(vec![3; 300]),
        consumed: Vec::new(),
        settled: Vec::new(),
        tags: TagChanges::default(),
        replies: Vec::new(),
    }
}

pub(crate) fn park(run: i64, wakes: i64, seq: i64) -> Park {
    Park {
        run: RunId(run),
        wakes,
        seq,
        queue: "main".into(),
        point: POINT.into(),
        fingerprint: 7,
        due_at: None,
        blocked: None,
        held: false,
    }
}

pub(crate) fn end(run: i64, phase: Phase, seq: i64) -> End {
    End {
        run: RunId(run),
        phase,
        output: None,
        error: None,
        seq,
        at: Timestamp(3),
        published: None,
        followed: false,
        keep_frames: false,
    }
}

pub(crate) fn message(msg: &str) -> NewMessage {
    NewMessage {
        msg: msg.to_string(),
        kind: MessageKind::Cancel,
        name: String::new(),
        payload: Vec::new(),
        sent_at: Timestamp(5),
        unread_max: None,
    }
}

pub(crate) struct Worker<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) fence: Fence,
}

impl<'a> Worker<'a> {
    pub(crate) async fn register(store: &'a dyn Store, number: i64) -> Self {
        let worker = NewWorker {
            worker: Incarnation(number),
            label: format!("worker {number}"),
            points: vec![POINT.into()],
            lease_until: LEASE,
        };
        store.register(worker).await.expect("a new worker");
        Self {
            store,
            fence: Fence {
                worker: Incarnation(number),
                beat: 0,
                lease_until: LEASE,
            },
        }
    }

    pub(crate) async fn commit(&mut self, writes: Vec<Write>) -> Result<Vec<Written>, FenceError> {
        let written = self.store.commit(self.fence, writes.into()).await?;
        self.fence.beat += 1;
        Ok(written)
    }

    /// Commits one write.
    pub(crate) async fn write(&mut self, write: Write) -> Result<Written, FenceError> {
        Ok(self.commit(vec![write]).await?.remove(0))
    }

    pub(crate) async fn claim(&mut self) -> Result<Vec<ClaimedRun>, FenceError> {
        let claim = Claim {
            queue: "main".into(),
            points: vec!["order/".into(), POINT.into()],
            unfit: vec![],
            now: Timestamp(100),
            limit: 10,
        };
        let claimed = self.store.claim(self.fence, claim).await?;
        self.fence.beat += 1;
        Ok(claimed)
    }

    pub(crate) async fn take_over(
        &mut self,
        from: Incarnation,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        let taken = self.store.take_over(self.fence, from, 100).await?;
        self.fence.beat += 1;
        Ok(taken)
    }
}
