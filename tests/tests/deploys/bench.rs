//! Workers of different versions on one store.

use crate::versions;
use durable_runtime::Client;
use durable_runtime::clock::{Busy, Clock, Sleeping, VirtualClock};
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions, new_run};
use durable_runtime::frame::{Checkpoint, Frame};
use durable_runtime::id::{Incarnation, Timestamp, WorkflowId};
use durable_runtime::operation::Cancelled;
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::{
    Claim, Fence, MemoryStore, NewRun, NewStep, NewWorker, Park, RunRecord, RunState, Store,
    Unblock, Write,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const ID: &str = "order-1";
const NOW: Timestamp = Timestamp(1_000_000);
/// When the sleep is over.
const LATE: Timestamp = Timestamp(NOW.0 + 4_000_000);

/// What the workflow gave back.
#[derive(Debug)]
pub(crate) struct End {
    pub(crate) output: String,
}

/// When a worker comes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    /// While the workflow sleeps.
    Asleep,
    /// When the sleep is over.
    Due,
}

/// One store, and a workflow asleep in it.
#[derive(Debug)]
pub(crate) struct Bench {
    store: Arc<MemoryStore>,
    client: Client,
}

/// A worker that can be stopped.
pub(crate) struct Running {
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.expect("the worker ends");
    }
}

/// A worker for which time stands still.
pub(crate) struct Waiter {
    worker: Running,
    hold: Busy,
}

impl Waiter {
    /// Lets its time pass.
    pub(crate) fn wake(self) -> Running {
        drop(self.hold);
        self.worker
    }
}

impl Bench {
    /// A workflow started with `n` by the code of `version`, which stands at its first sleep.
    pub(crate) async fn at_the_sleep(version: &str, n: u64) -> Self {
        let store = Arc::new(MemoryStore::default());
        let bench = Self {
            client: Client::new(store.clone()),
            store,
        };
        bench.start(ID, n, NOW).await;
        let worker = bench.worker(version, At::Asleep);
        bench.until(ID, |run| {
            matches!(run.state, RunState::Waiting(due) if due > NOW.after(Duration::from_secs(60)))
        })
        .await;
        worker.stop().await;
        bench
    }

    async fn start(&self, id: &str, n: u64, due_at: Timestamp) {
        let id = WorkflowId::new(id).unwrap();
        let run = NewRun {
            due_at,
            ..NewRun::new(
                new_run(NOW),
                id,
                "order.deploys".to_owned(),
                "default".to_owned(),
                codec::ArgsBuilder::new().arg("n", &n).finish().unwrap(),
                NOW,
            )
        };
        self.store.start(run).await.unwrap();
    }

    fn worker(&self, version: &str, at: At) -> Running {
        // The clock of a sleeping world must not jump to the end of the sleep.
        let clock: Arc<dyn Clock> = match at {
            At::Asleep => Arc::new(Still),
            At::Due => Arc::new(VirtualClock::new(LATE)),
        };
        self.worker_at(version, clock)
    }

    fn worker_at(&self, version: &str, clock: Arc<dyn Clock>) -> Running {
        let mut registry = Registry::new().with_workflow(versions::named(version));
        for activity in registry::activities() {
            registry = registry.with_activity(activity);
        }
        let options = WorkerOptions {
            park_after: Duration::ZERO,
            // Clocks of their own differ by an hour, and nobody is to look dead for that.
            lease: Duration::from_secs(2 * 3600),
            ..WorkerOptions::default()
        };
        let worker = Worker::new(self.store.clone(), options)
            .registry(registry)
            .clock(clock);
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            worker
                .run(stopped)
                .await
                .expect("the worker ends in good order");
        });
        Running { stop, ended }
    }

    /// Runs a worker of `version` until the workflow has ended.
    pub(crate) async fn run_with(&self, version: &str, at: At) -> End {
        self.finish(ID, version, at).await
    }

    /// Runs another workflow, with the first version, to its end.
    pub(crate) async fn start_another(&self, id: &str, n: u64) -> End {
        self.start(id, n, NOW).await;
        self.finish(id, "base", At::Due).await
    }

    async fn finish(&self, id: &str, version: &str, at: At) -> End {
        let worker = self.worker(version, at);
        let handle = self
            .client
            .handle::<Result<String, Cancelled>>(id)
            .await
            .unwrap();
        let output = handle.result().await.unwrap().unwrap();
        worker.stop().await;
        End { output }
    }

    /// Runs a worker of `version` until it has parked the workflow; answers the reason.
    pub(crate) async fn blocked_by(&self, version: &str) -> String {
        let worker = self.worker(version, At::Due);
        let run = self
            .until(ID, |run| matches!(run.state, RunState::Blocked(_)))
            .await;
        worker.stop().await;
        match run.state {
            RunState::Blocked(reason) => reason,
            other => unreachable!("{other:?}"),
        }
    }

    /// Runs a worker of `version` until it has finished work of its own.
    pub(crate) async fn idle_with(&self, version: &str) {
        let worker = self.worker(version, At::Due);
        self.late_look().await;
        worker.stop().await;
    }

    /// Waits until a worker whose time is late has looked at all that is due.
    pub(crate) async fn late_look(&self) {
        self.witness("witness", LATE).await;
    }

    /// Waits until a worker has looked at all that is due before: a workflow before its first await is
    /// anyone's, and what was due before it is claimed with it.
    async fn witness(&self, id: &str, due_at: Timestamp) {
        self.start(id, 1, due_at).await;
        self.until(id, |run| {
            run.seq > 0 || !matches!(run.state, RunState::Waiting(_))
        })
        .await;
    }

    /// A worker of `version` that has been at work since before the sleep ends, and for which
    /// time passes only when [`Waiter::wake`] says so.
    pub(crate) async fn waiting_with(&self, version: &str) -> Waiter {
        let clock = VirtualClock::new(NOW);
        let hold = clock.busy();
        let worker = self.worker_at(version, Arc::new(clock));
        self.witness("seen", NOW).await;
        Waiter { worker, hold }
    }

    /// A worker of `version` that stays after it has blocked the workflow.
    pub(crate) async fn blocking_with(&self, version: &str) -> Running {
        let worker = self.worker(version, At::Due);
        self.until(ID, |run| matches!(run.state, RunState::Blocked(_)))
            .await;
        worker
    }

    /// Makes the blocked workflow claimable by anybody, as a worker that wrote it would.
    pub(crate) async fn unblock(&self) {
        let frame = self.frame().await;
        let point = Unblock {
            point: format!("order.deploys/{}", frame.label),
            fingerprint: Some(frame.fingerprint),
        };
        assert_eq!(self.store.unblock(&[point], NOW).await, Ok(1));
    }

    /// Waits for the result of the workflow.
    pub(crate) async fn end(&self) -> End {
        let handle = self
            .client
            .handle::<Result<String, Cancelled>>(ID)
            .await
            .unwrap();
        let result = tokio::time::timeout(Duration::from_secs(20), handle.result()).await;
        let output = result.expect("within 20 s").unwrap().unwrap();
        End { output }
    }

    /// The workflow's row.
    pub(crate) async fn record(&self) -> RunRecord {
        self.find(ID).await
    }

    async fn find(&self, id: &str) -> RunRecord {
        self.store
            .find(&WorkflowId::new(id).unwrap())
            .await
            .unwrap()
            .expect("it was started")
    }

    /// The frame at which it stands.
    pub(crate) async fn frame(&self) -> Frame {
        let step = self
            .store
            .latest_step(self.record().await.run)
            .await
            .unwrap()
            .unwrap();
        Checkpoint::decode(&step.frame.expect("a running workflow has a frame"))
            .unwrap()
            .frame
    }

    /// Replaces the frame by one that no code can read.
    pub(crate) async fn corrupt_the_frame(&self) {
        let run = self.record().await;
        let step = self.store.latest_step(run.run).await.unwrap().unwrap();
        let worker = Incarnation(42);
        let lease_until = NOW.after(Duration::from_secs(100_000));
        let new = NewWorker {
            worker,
            label: "vandal".into(),
            points: vec![],
            lease_until,
        };
        self.store.register(new).await.unwrap();
        let claim = Claim {
            queue: "default".into(),
            points: vec![format!("order.deploys/{}", step.label)],
            unfit: vec![],
            now: LATE,
            limit: 1,
        };
        let claimed = self
            .store
            .claim(
                Fence {
                    worker,
                    beat: 0,
                    lease_until,
                },
                claim,
            )
            .await
            .unwrap();
        let wakes = claimed[0].wakes;
        let step = NewStep {
            run: run.run,
            seq: step.seq + 1,
            label: step.label.clone(),
            at: NOW,
            result: None,
            frame: Some(b"not a frame".to_vec()),
            consumed: vec![],
            replies: Vec::new(),
            settled: Vec::new(),
            tags: durable_runtime::store::TagChanges::default(),
        };
        let park = Park {
            run: run.run,
            wakes,
            seq: step.seq,
            queue: "default".into(),
            point: format!("order.deploys/{}", step.label),
            fingerprint: 0,
            due_at: Some(NOW),
            blocked: None,
            held: false,
        };
        let fence = Fence {
            worker,
            beat: 1,
            lease_until,
        };
        self.store
            .commit(fence, [Write::Step(step), Write::Park(park)].into())
            .await
            .unwrap();
    }

    async fn until(&self, id: &str, done: impl Fn(&RunRecord) -> bool) -> RunRecord {
        loop {
            let run = self.find(id).await;
            if done(&run) {
                return run;
            }
            self.store.changed(None, Duration::from_millis(5)).await;
        }
    }
}

/// Time that stands still; what waits for it waits for ever.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        Box::pin(async move {
            if at > NOW {
                std::future::pending::<()>().await;
            }
            Busy::default()
        })
    }
}
