//! A small world for the tests of the faces: a store in memory, filled by hand through the same
//! calls that a worker makes, with frames that real machines wrote.

use crate::client::Client;
use crate::codec;
use crate::frame::Checkpoint;
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::machine::{Machine, Turn};
use crate::operation::{Answered, Resolution};
use crate::prelude::*;
use crate::registry;
use crate::store::{
    AttemptOf, AttemptRecord, End, Fence, MemoryStore, NewRun, NewStep, NewWorker, Park, Phase,
    Store, TagChanges, TaskClaim, Write, Written,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// 2026-01-02 03:04:05 UTC.
pub(crate) const T0: Timestamp = Timestamp(1_767_323_045_000);

pub(crate) const WORKER: Incarnation = Incarnation(0xbeef);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) items: Vec<String>,
    pub(crate) cents: u64,
}

#[activity]
pub(crate) async fn reserve(order: Order) -> Result<String, Error> {
    Ok(format!("r-{}", order.id))
}

#[activity]
pub(crate) async fn charge(cents: u64) -> Result<String, Error> {
    Ok(format!("c-{cents}"))
}

/// Reserves, waits and charges.
#[workflow]
pub(crate) async fn buy(order: Order) -> Result<String, Error> {
    let reservation = reserve(order.clone()).await?;
    sleep(Duration::from_secs(1800)).await?;
    let charge = charge(order.cents).await?;
    Ok(format!("{reservation} {charge}"))
}

/// Has two parameters and no errors.
#[workflow]
pub(crate) async fn nap(name: String, seconds: u64) -> String {
    let rested = sleep(Duration::from_secs(seconds)).await.is_ok();
    format!("{name} rested: {rested}")
}

/// Has several operations under way at once.
#[workflow]
pub(crate) async fn furnish(order: Order) -> Result<String, Error> {
    let insurance = spawn(charge(99));
    let (reserved, rested, charged) = join!(
        async {
            let first = reserve(order.clone()).await?;
            let second = reserve(order.clone()).await?;
            Ok::<_, Error>([first, second])
        },
        timeout(Duration::from_secs(600), nap("Ada".to_owned(), 900)),
        charge(order.cents),
    );
    let insured = insurance.await?;
    Ok(format!(
        "{:?} {} {} {insured}",
        reserved?, rested?, charged?
    ))
}

pub(crate) fn book() -> Order {
    Order {
        id: "42".into(),
        items: vec!["book".into(), "lamp".into()],
        cents: 1999,
    }
}

/// The answer of an activity that returned this.
pub(crate) fn returned<T: Serialize>(value: &T) -> Resolution {
    Resolution::Returned(codec::encode(value).unwrap())
}

pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) client: Client,
    /// The store as its worker sees it.
    worker: Arc<dyn Store>,
    beat: AtomicI64,
    runs: AtomicI64,
}

impl World {
    /// An empty store with one worker.
    pub(crate) async fn new() -> Self {
        Self::coded(&crate::payload::Codecs::new()).await
    }

    /// The same with a worker that has codecs, which the client has not.
    pub(crate) async fn coded(codecs: &crate::payload::Codecs) -> Self {
        let store = Arc::new(MemoryStore::new());
        let worker = NewWorker {
            worker: WORKER,
            label: "host-7 pid 4711".into(),
            points: Vec::new(),
            lease_until: T0.after(Duration::from_secs(3600)),
        };
        store.register(worker).await.unwrap();
        Self {
            // A client as in another process.
            client: Client::new(Arc::new((*store).clone())),
            worker: codecs.over(store.clone()),
            store,
            beat: AtomicI64::new(0),
            runs: AtomicI64::new(1),
        }
    }

    pub(crate) async fn commit(&self, write: Write) -> Written {
        self.worker
            .commit(self.fence(), [write].into())
            .await
            .unwrap()
            .remove(0)
    }

    /// Has the worker claim activities of other queues; how many.
    pub(crate) async fn claim_tasks(&self, claim: TaskClaim) -> usize {
        let claimed = self.worker.claim_tasks(self.fence(), claim).await;
        claimed.unwrap().len()
    }

    fn fence(&self) -> Fence {
        Fence {
            worker: WORKER,
            beat: self.beat.fetch_add(1, Ordering::Relaxed),
            lease_until: T0.after(Duration::from_secs(3600)),
        }
    }

    /// Starts a workflow and gives it these answers, one per await and second. It stays with the
    /// worker if it does not end.
    pub(crate) async fn drive(
        &self,
        id: &str,
        (workflow, input): (&str, Vec<u8>),
        answers: Vec<Resolution>,
    ) -> RunId {
        let run = self.start(id, workflow, input.clone()).await;
        let mut machine = Machine::start(registry::workflow(workflow).unwrap(), input);
        let mut turn = machine.turn(&[], T0);
        let mut answers = answers.into_iter();
        let mut result = None;
        for seq in 1.. {
            let at = at(seq);
            let Turn::Suspended(checkpoint) = turn else {
                self.finish(run, seq, turn, result).await;
                break;
            };
            self.step(run, seq, Some(&checkpoint), result).await;
            let Some(answer) = answers.next() else { break };
            let op = checkpoint.calls()[0].op;
            let answers = [Answered { op, answer }];
            result = Some(codec::encode(&answers).unwrap());
            turn = machine.turn(&answers, at);
        }
        run
    }

    pub(crate) async fn start(&self, id: &str, workflow: &str, input: Vec<u8>) -> RunId {
        let run = RunId(self.runs.fetch_add(1, Ordering::Relaxed) * 0x1000);
        let new = NewRun {
            owner: Some(WORKER),
            ..NewRun::new(
                run,
                WorkflowId::new(id).unwrap(),
                workflow.into(),
                "default".into(),
                input,
                T0,
            )
        };
        assert_eq!(self.commit(Write::Start(new)).await, Written::Started);
        run
    }

    pub(crate) async fn step(
        &self,
        run: RunId,
        seq: i64,
        checkpoint: Option<&Checkpoint>,
        result: Option<Vec<u8>>,
    ) {
        let step = NewStep {
            run,
            seq,
            label: checkpoint.map_or_else(String::new, |c| c.frame.label.clone()),
            at: at(seq),
            result,
            frame: checkpoint.map(|c| c.encode().unwrap()),
            consumed: Vec::new(),
            replies: Vec::new(),
            settled: Vec::new(),
            tags: TagChanges::default(),
        };
        assert_eq!(self.commit(Write::Step(step)).await, Written::Done);
    }

    async fn finish(&self, run: RunId, seq: i64, turn: Turn, result: Option<Vec<u8>>) {
        let Turn::Finished(finished) = turn else {
            panic!("the workflow neither waits nor ends: {turn:?}")
        };
        self.step(run, seq, None, result).await;
        let phase = if finished.failed {
            Phase::Failed
        } else {
            Phase::Completed
        };
        let error = finished.failed.then(|| "it returned an error".to_owned());
        self.end(run, seq, phase, finished.output.ok(), error).await;
    }

    pub(crate) async fn end(
        &self,
        run: RunId,
        seq: i64,
        phase: Phase,
        output: Option<Vec<u8>>,
        error: Option<String>,
    ) {
        let end = End {
            run,
            phase,
            output,
            error,
            seq,
            at: at(seq),
            keep_frames: true,
            published: None,
            followed: false,
        };
        assert_eq!(self.commit(Write::End(end)).await, Written::Done);
    }

    pub(crate) async fn fail(&self, run: RunId, op: u64, attempt: u32, error: &str) {
        let record = AttemptRecord {
            run,
            of: AttemptOf::Activity { op },
            attempt,
            at: at(op.cast_signed() + i64::from(attempt)),
            error: error.into(),
            next_at: at(120),
        };
        assert_eq!(self.commit(Write::Attempt(record)).await, Written::Done);
    }

    pub(crate) async fn park(&self, run: RunId, due_at: Option<Timestamp>, blocked: Option<&str>) {
        let latest = self.store.latest_step(run).await.unwrap();
        let park = Park {
            run,
            wakes: 0,
            seq: latest.map_or(0, |step| step.seq),
            queue: "default".into(),
            point: "buy/sleep".into(),
            fingerprint: 0,
            due_at,
            blocked: blocked.map(str::to_owned),
            held: false,
        };
        assert_eq!(self.commit(Write::Park(park)).await, Written::Parked);
    }
}

/// So many seconds later.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp(T0.0 + seconds * 1000)
}

/// A call of `buy` for [`book`], as name and input.
pub(crate) fn a_book() -> (&'static str, Vec<u8>) {
    let call = buy(book());
    ("buy", call.input().unwrap().to_vec())
}
