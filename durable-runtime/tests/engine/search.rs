//! Attributes and memos that a workflow sets, wherever the process is cut.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, Running, act, bench, client, elsewhere, leased, on_sqlite, options};
use durable_runtime::clock::Clock;
use durable_runtime::engine::Worker;
use durable_runtime::prelude::*;
use durable_runtime::store::{Condition, Phase};
use std::sync::Arc;

const CUSTOMER: SearchKey<String> = SearchKey::new("customer");
const LEFT: SearchKey<i64> = SearchKey::new("left");
const NOTE: Memo<Vec<u32>> = Memo::new("note");

/// Says how many it has left, and fails once in a while.
#[workflow(retry(initial = "1s", max_attempts = 2))]
pub(crate) async fn tagged(parcels: u32, continues: bool) -> Result<u32, String> {
    let mut done = Vec::new();
    for parcel in 0..parcels {
        LEFT.set(i64::from(parcels - parcel));
        NOTE.set(&done);
        act(format!("ship {parcel}"))
            .await
            .map_err(|e| e.to_string())?;
        done.push(parcel);
    }
    LEFT.clear();
    NOTE.set(&done);
    if continues {
        sleep(Duration::from_secs(1))
            .await
            .map_err(|e| e.to_string())?;
        return continue_as_new(tagged(0, false)).await;
    }
    Ok(parcels)
}

#[tokio::test]
async fn a_workflow_says_what_it_is_found_by() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let guard = bench.clock.busy();
    for (id, customer) in [("a", "jane"), ("b", "joe")] {
        let start = start_tagged(&client, id, 2, true).attribute(CUSTOMER, customer);
        start.memo(NOTE, &vec![9]).await.unwrap();
    }
    let found = async |condition: Condition| {
        let found = client.find(condition).await.unwrap().workflows;
        let mut ids: Vec<_> = found.iter().map(|own| own.id.to_string()).collect();
        ids.dedup();
        ids
    };
    let jane = || CUSTOMER.eq("jane");
    assert_eq!(found(jane()).await, ["a"]);
    let handle = client.handle::<Result<u32, String>>("a").await.unwrap();
    drop(guard);
    assert_eq!(handle.result().await.unwrap().unwrap(), 0);
    // The run that goes on keeps what was said.
    assert_eq!(
        found(jane().and(Condition::Phase(Phase::Completed))).await,
        ["a"]
    );
    assert_eq!(handle.memo(NOTE).await.unwrap(), Some(vec![]));
    assert!(found(LEFT.gt(0)).await.is_empty());
    worker.stop().await;
}

#[tokio::test]
async fn what_was_said_is_as_old_as_the_checkpoint_wherever_it_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut at = 0;
        while cut(&bench(), fault, at).await {
            at += 1;
            assert!(at < 100, "the scenario does not end");
        }
        assert!(at > 5, "only {at} calls");
    }
}

/// The same on SQLite, at each third call.
#[tokio::test]
async fn what_was_said_is_as_old_as_the_checkpoint_wherever_it_is_cut_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for at in (0..).step_by(3) {
            let (bench, _folder) = on_sqlite(bench()).await;
            if !cut(&bench, fault, at).await {
                assert!(at > 5, "only {at} calls");
                break;
            }
        }
    }
}

async fn cut(bench: &Bench, fault: Fault, at: usize) -> bool {
    let store = FaultyStore::new(bench.store.clone(), at, fault);
    let client = elsewhere(bench);
    let handle = start_tagged(&client, "t", 2, false).await.unwrap();
    let worker = Worker::new(store.clone(), leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let first = Running::new(worker);
    let cut = tokio::select! {
        _ = bench.end("t") => false,
        () = store.cut() => true,
    };
    if cut {
        first.kill().await;
        // Nobody is there: what is found is what the checkpoint says.
        let steps = bench.steps("t").await.len();
        let left = client.find(LEFT.gt(0)).await.unwrap().workflows;
        let expected = [None, Some(2), Some(1), None][steps];
        let context = format!("{fault:?} at {at}, {steps} steps");
        assert_eq!(left.len(), usize::from(expected.is_some()), "{context}");
        if let Some(expected) = expected {
            let exactly = client.find(LEFT.eq(expected)).await.unwrap();
            assert_eq!(exactly.workflows.len(), 1, "{context}");
        }
        bench.pass(leased().lease * 2).await;
        let second = bench.worker_with(&options());
        bench.end("t").await;
        second.stop().await;
    }
    assert_eq!(handle.result().await.unwrap().unwrap(), 2);
    assert_eq!(handle.memo(NOTE).await.unwrap(), Some(vec![0, 1]));
    assert!(client.find(LEFT.gt(0)).await.unwrap().workflows.is_empty());
    store.fired()
}
