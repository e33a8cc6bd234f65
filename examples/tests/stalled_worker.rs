//! A worker process that is frozen past its lease and wakes up later cannot commit anything: its
//! orders belong to another one by then.

#![cfg(unix)]

use durable_examples::audit;
use durable_examples::ledger::{Action, Call, Effect, Ledger};
use durable_examples::order::{Order, Receipt};
use durable_examples::process_order::{OrderError, start_process_order};
use durable_examples::scenario::{Ending, Fault, FaultKind, Scenario, Then};
use durable_examples::services::{Services, World};
use durable_examples::supervisor::{Launch, Signal, Supervisor};
use durable_runtime::client::Step;
use durable_runtime::store::WorkerRecord;
use durable_runtime::{Client, Handle};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

struct Stage {
    folder: TempDir,
    ledger: PathBuf,
    services: Services,
    store: String,
    client: Client,
}

impl Stage {
    async fn set(scenarios: &[Scenario]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.jsonl");
        let rng = fastrand::Rng::with_seed(1);
        let world = World::new(Ledger::create(&ledger).unwrap(), scenarios, rng, 1..=5);
        let store = format!("sqlite://{}", folder.path().join("orders.db").display());
        Self {
            services: Services::start(world).await.unwrap(),
            client: Client::connect(&store).await.unwrap(),
            folder,
            ledger,
            store,
        }
    }

    /// One worker process, with a log of its own.
    fn worker(&self, name: &str) -> Supervisor {
        let logs = self.folder.path().join(name);
        std::fs::create_dir(&logs).unwrap();
        let args = ["worker", "--store", &self.store, "--lease", "1s"];
        let variables = self.services.endpoints().variables();
        let launch = Launch {
            program: Path::new(env!("CARGO_BIN_EXE_process-order")).to_owned(),
            args: args.map(Into::into).to_vec(),
            variables: variables.map(|(k, v)| (k.into(), v.into())).to_vec(),
            logs,
        };
        Supervisor::start(1, &launch).0
    }

    fn calls(&self) -> Vec<Call> {
        Ledger::read(&self.ledger).unwrap()
    }

    async fn place(&self, scenario: &Scenario) -> Handle<Result<Receipt, OrderError>> {
        let order = &scenario.order;
        start_process_order(&self.client, &order.id, order.clone())
            .await
            .unwrap()
    }

    /// Waits for a call of `action` by the process `pid`.
    async fn called(&self, action: Action, pid: u32) {
        let what = format!("{action} by {pid}");
        until(&what, async || {
            self.calls()
                .iter()
                .any(|call| call.action == action && call.worker == pid)
        })
        .await;
    }

    /// The records of the process `pid`, one for each time it registered.
    async fn records_of(&self, pid: u32) -> Vec<WorkerRecord> {
        let mut workers = self.client.workers().await.unwrap();
        workers.retain(|worker| worker.label.ends_with(&format!("/{pid}")));
        workers
    }
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn pid(worker: &Supervisor) -> u32 {
    until("the worker starts", async || worker.pid(0).is_some()).await;
    worker.pid(0).unwrap()
}

fn scenario(id: &str, faults: Vec<Fault>) -> Scenario {
    Scenario {
        story: String::new(),
        order: Order {
            id: id.to_owned(),
            customer: "Ada".to_owned(),
            items: Vec::new(),
            card: "4242".to_owned(),
            address: "1 Main Street".to_owned(),
            cancellation_window_ms: 10,
        },
        faults,
        then: Then::Wait,
        ends: Ending::Delivered,
    }
}

fn slow(at: Action, ms: u64) -> Fault {
    Fault {
        at,
        kind: FaultKind::Slow { ms },
        times: 1,
    }
}

fn labels(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.label.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_frozen_past_its_lease_cannot_commit() {
    let order = scenario(
        "order-1",
        vec![slow(Action::Charge, 500), slow(Action::SendPackage, 2_000)],
    );
    let next_order = scenario("order-2", Vec::new());
    let stage = Stage::set(&[order.clone(), next_order.clone()]).await;

    // The first worker freezes while it waits for the payment provider. The charge is done, and
    // its answer will lie in the process's socket.
    let first = stage.worker("first");
    let first_pid = pid(&first).await;
    let handle = stage.place(&order).await;
    stage.called(Action::Charge, first_pid).await;
    first.signal(0, Signal::Stop);

    // The second one takes over, asks again under the same key, and goes on.
    let second = stage.worker("second");
    let second_pid = pid(&second).await;
    stage.called(Action::SendPackage, second_pid).await;
    let [before] = stage.records_of(first_pid).await.try_into().unwrap();
    assert!(!before.alive, "it was declared dead");

    // In the middle of that the first one wakes up and finds the answer to the charge. It has to
    // notice that it is dead, and to begin a new life with nothing in its hands.
    first.signal(0, Signal::Continue);
    until("the first worker registers anew", async || {
        let records = stage.records_of(first_pid).await;
        records.iter().any(|r| r.alive && r.worker != before.worker)
    })
    .await;
    let receipt = handle.result().await.unwrap().unwrap();
    assert_eq!(receipt.order, "order-1");
    let steps = handle.steps(0, 100).await.unwrap();
    assert_eq!(labels(&steps).len(), 4, "{:?}", labels(&steps));

    // It committed nothing after it was frozen, and was heard nowhere in the record.
    let records = stage.records_of(first_pid).await;
    let old = records.iter().find(|r| r.worker == before.worker);
    let old = old.expect("dead workers stay on record");
    assert!(!old.alive);
    assert_eq!((old.beat, old.owned), (before.beat, 0));
    let charges = stage.calls();
    let charges: Vec<_> = charges
        .iter()
        .filter(|c| c.action == Action::Charge)
        .collect();
    let effects: Vec<_> = charges.iter().map(|call| call.effect).collect();
    assert_eq!(effects, [Effect::Applied, Effect::Replayed]);
    assert_eq!(charges[0].key, charges[1].key);

    // And it is of use again: alone, it carries the next order to its end.
    second.finish().await;
    let next = stage.place(&next_order).await;
    next.result().await.unwrap().unwrap();
    assert!(
        stage
            .calls()
            .iter()
            .all(|c| c.order != "order-2" || c.worker == first_pid)
    );
    first.finish().await;

    let stalled = BTreeSet::from([first_pid]);
    let mut records = Vec::new();
    for id in ["order-1", "order-2"] {
        records.push(audit::read(&stage.client, id).await.unwrap());
    }
    let orders = [&order, &next_order]
        .into_iter()
        .zip(records.iter().map(Option::as_ref));
    assert_eq!(audit::audit(orders, &stage.calls(), &stalled).findings, []);
}
