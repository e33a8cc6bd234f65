//! Workers of different versions on one store.

use crate::versions;
use durable_runtime::Client;
use durable_runtime::clock::{Busy, Clock, Sleeping, VirtualClock};
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions, new_run};
use durable_runtime::frame::Frame;
use durable_runtime::id::{Incarnation, Timestamp, WorkflowId};
use durable_runtime::operation::Cancelled;
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::{
    Claim, Fence, MemoryStore, NewRun, NewStep, NewWorker, Park, RunRecord, RunState, Store, Write,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

const ID: &str = "order-1";
const NOW: Timestamp = Timestamp(1_000_000);

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
struct Running {
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn stop(self) {
        let _ = self.stop.send(());
        self.ended.await.expect("the worker ends");
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
        bench.start(ID, n).await;
        let worker = bench.worker(version, At::Asleep);
        bench.until(ID, |run| {
            matches!(run.state, RunState::Waiting(due) if due > NOW.after(Duration::from_secs(60)))
        })
        .await;
        worker.stop().await;
        bench
    }

    async fn start(&self, id: &str, n: u64) {
        let id = WorkflowId::new(id).unwrap();
        let run = NewRun {
            run: new_run(NOW),
            id,
            workflow: "order.deploys".to_owned(),
            queue: "default".to_owned(),
            input: codec::ArgsBuilder::new().arg("n", &n).finish().unwrap(),
            created_at: NOW,
            owner: None,
            due_at: NOW,
        };
        self.store.start(run).await.unwrap();
    }

    fn worker(&self, version: &str, at: At) -> Running {
        let mut registry = Registry::new().with_workflow(versions::named(version));
        for activity in registry::activities() {
            registry = registry.with_activity(activity);
        }
        let options = WorkerOptions {
            park_after: Duration::ZERO,
            ..WorkerOptions::default()
        };
        // The clock of a sleeping world must not jump to the end of the sleep.
        let worker = Worker::new(self.store.clone(), options).registry(registry);
        let worker = match at {
            At::Asleep => worker.clock(Arc::new(Still)),
            At::Due => worker.clock(Arc::new(VirtualClock::new(
                NOW.after(Duration::from_secs(4000)),
            ))),
        };
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
        self.start(id, n).await;
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
        // A workflow before its first await is anyone's: when it has moved, the worker has looked
        // at all that was due before.
        self.start("witness", 1).await;
        self.until("witness", |run| {
            run.seq > 0 || !matches!(run.state, RunState::Waiting(_))
        })
        .await;
        worker.stop().await;
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
        Frame::decode(&step.frame.expect("a running workflow has a frame")).unwrap()
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
            now: NOW.after(Duration::from_secs(4000)),
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
        };
        let fence = Fence {
            worker,
            beat: 1,
            lease_until,
        };
        self.store
            .commit(fence, vec![Write::Step(step), Write::Park(park)])
            .await
            .unwrap();
    }

    async fn until(&self, id: &str, done: impl Fn(&RunRecord) -> bool) -> RunRecord {
        loop {
            let run = self.find(id).await;
            if done(&run) {
                return run;
            }
            self.store.changed(Duration::from_millis(5)).await;
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
