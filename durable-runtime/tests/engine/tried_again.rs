//! What a retry of a whole workflow does again: its activities by other keys, and its children only if
//! their ids may be used again.

use crate::children::{patient, ship};
use crate::faulty::{Fault, FaultyStore, cut_at_each_call};
use crate::support::{Behave, Bench, Running, act, client, elsewhere, leased, on_sqlite, options};
use durable_runtime::clock::Clock;
use durable_runtime::engine::Worker;
use durable_runtime::prelude::*;
use durable_runtime::store::{MessageKind, Page, Phase, RunFilter};
use std::sync::Arc;

/// Has one child that ends and one that does not, and fails if its payment does. `reuse`: what it says of
/// the ids of children that have ended.
#[workflow(retry(initial = "10s", max_attempts = 3, jitter = 0.0))]
async fn orders(reuse: Reuse) -> Result<u32, String> {
    let parcel = ship(1).spawn("parcel").reuse(reuse).await;
    let parcel = parcel.map_err(|error| error.to_string())?;
    let shipped = parcel.await.map_err(|error| error.to_string())??;
    let watch = patient().spawn("watch").reuse(reuse).await;
    let _ = watch.map_err(|error| error.to_string())?;
    let paid = act("pay".to_owned()).retry(RetryPolicy::none()).await;
    paid.map_err(|error| error.to_string())?;
    Ok(shipped)
}

/// The first payment fails.
fn unpaid() -> Bench {
    let failed = std::sync::atomic::AtomicBool::new(false);
    Bench::new(move |name, _| {
        let fails = name == "pay" && !failed.swap(true, std::sync::atomic::Ordering::SeqCst);
        if fails { Behave::Fail } else { Behave::Return }
    })
}

/// The phases of all runs of this workflow, oldest first, and what they say of it.
async fn tries(bench: &Bench, workflow: &str) -> Vec<(Phase, Option<String>)> {
    let page = Page {
        before: None,
        limit: 100,
    };
    let listing = bench.store.list(RunFilter::default(), page).await.unwrap();
    let runs = listing.runs.into_iter().rev();
    let own = runs.filter(|run| run.workflow == workflow);
    own.map(|run| (run.phase, run.error)).collect()
}

#[tokio::test]
async fn a_retry_does_everything_again_by_other_keys() {
    let bench = unpaid();
    let worker = bench.worker();
    let start = start_orders(&client(&bench, &worker), "o", Reuse::Allow);
    assert_eq!(start.await.unwrap().result().await.unwrap(), Ok(10));
    assert_eq!(bench.names(), ["ship 1", "pay", "ship 1", "pay"]);
    let keys = bench.keys();
    assert_eq!(keys.len(), 4, "a service sees four calls: {keys:?}");
    let phases = async |workflow| {
        let tries = tries(&bench, workflow).await.into_iter();
        tries.map(|(phase, _)| phase).collect::<Vec<_>>()
    };
    assert_eq!(phases("orders").await, [Phase::Failed, Phase::Completed]);
    assert_eq!(phases("ship").await, [Phase::Completed; 2]);
    // The end of a try is the end of a parent.
    bench.end("watch").await;
    assert_eq!(phases("patient").await, [Phase::Cancelled; 2]);
    worker.stop().await;
}

#[tokio::test]
async fn a_child_with_a_fixed_id_is_in_the_way_of_the_next_try() {
    let bench = unpaid();
    let worker = bench.worker();
    let start = start_orders(&client(&bench, &worker), "o", Reuse::Reject);
    let error = start.await.unwrap().result().await.unwrap().unwrap_err();
    assert_eq!(error, "parcel was started before");
    assert_eq!(bench.names(), ["ship 1", "pay"]);
    let failed = |error: &str| (Phase::Failed, Some(error.to_owned()));
    let expected = [
        failed("no pay"),
        failed("parcel was started before"),
        failed("parcel was started before"),
    ];
    assert_eq!(tries(&bench, "orders").await, expected);
    worker.stop().await;
}

#[tokio::test]
async fn a_child_that_has_completed_is_not_done_again_if_failed() {
    let bench = unpaid();
    let worker = bench.worker();
    let start = start_orders(&client(&bench, &worker), "o", Reuse::IfFailed);
    let error = start.await.unwrap().result().await.unwrap().unwrap_err();
    assert_eq!(error, "parcel was started before");
    assert_eq!(tries(&bench, "ship").await.len(), 1);
    worker.stop().await;
}

/// The worker is cut at its `n`-th call to the store, and another goes on. `None` if it ends before.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let worker = Worker::new(store.clone(), leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let start = start_orders(&elsewhere(bench), "o", Reuse::Allow);
    let handle = start.await.unwrap();
    let first = Running::new(worker);
    let mut result = std::pin::pin!(handle.result());
    let result = tokio::select! {
        result = &mut result => result,
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&options());
            let result = result.await;
            second.stop().await;
            result
        }
    };
    let at = format!("{fault:?} at call {n}");
    assert_eq!(result.unwrap(), Ok(10), "{at}");
    // One child of each kind for each try, whatever was repeated. A payment whose failure was lost was
    // made again, well.
    let orders = tries(bench, "orders").await.len();
    let pays = bench.names().iter().filter(|name| *name == "pay").count();
    assert!(orders == 2 || orders == 1 && pays == 2, "{at}: {orders}");
    assert_eq!(tries(bench, "ship").await.len(), orders, "{at}");
    assert_eq!(tries(bench, "patient").await.len(), orders, "{at}");
    store.fired().then_some(())
}

/// Fails, and is tried again an hour later.
#[workflow(retry(initial = "1h", max_attempts = 3, jitter = 0.0))]
pub(crate) async fn hourly() -> Result<(), String> {
    let paid = act("pay".to_owned()).retry(RetryPolicy::none()).await;
    paid.map(drop).map_err(|error| error.to_string())
}

/// A client stops it while its worker makes its `n`-th call to the store. Whether it made one.
async fn stopped_in_a_call(n: usize, kind: MessageKind) -> bool {
    let bench = Bench::new(|_, _| Behave::Fail);
    let (store, worker) = FaultyStore::at_work(&bench, n, Fault::Stall);
    drop(start_hourly(&elsewhere(&bench), "h").await.unwrap());
    let made = tokio::select! {
        biased;
        () = store.at_fault() => true,
        _ = bench.end("h") => false,
    };
    let at = format!("{kind:?} in call {n}");
    if made {
        let sent_at = bench.clock.now();
        bench.send("h", "stop", kind).await;
        store.heal();
        worker.link.poke();
        let record = bench.end("h").await;
        assert_eq!(record.finished_at, Some(sent_at), "{at}: {record:?}");
        let ended = if kind == MessageKind::Cancel {
            Phase::Cancelled
        } else {
            Phase::Terminated
        };
        assert!([ended, Phase::Failed].contains(&record.phase), "{at}");
        let tries = tries(&bench, "hourly").await.len();
        assert_eq!(tries, 1 + record.terms.failed as usize, "{at}");
    }
    // Its last call may be this one.
    store.heal();
    worker.stop().await;
    made
}

#[tokio::test]
async fn who_is_stopped_while_it_fails_does_not_wait_for_another_try() {
    for kind in [MessageKind::Cancel, MessageKind::Terminate] {
        let mut n = 0;
        while stopped_in_a_call(n, kind).await {
            n += 1;
        }
        assert!(n > 6, "only {n} calls");
    }
}

#[tokio::test]
async fn a_try_starts_each_child_once_wherever_the_process_is_cut() {
    cut_at_each_call(12, async |n, fault| cut(&unpaid(), n, fault).await).await;
}

#[tokio::test]
async fn a_try_starts_each_child_once_wherever_the_process_is_cut_on_sqlite() {
    cut_at_each_call(12, async |n, fault| {
        let (bench, _folder) = on_sqlite(unpaid()).await;
        cut(&bench, n, fault).await
    })
    .await;
}
