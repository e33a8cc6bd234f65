//! A cancellation that comes while a workflow acts: what it is told of the act is what has become of it.

use super::{Act, find};
use super::{start_acts, start_patient};
use crate::faulty::{Fault, FaultyStore, cut_at_each_call};
use crate::support::{Bench, START, bench, elsewhere, leased, on_sqlite, value};
use durable_runtime::clock::Clock;
use durable_runtime::store::Phase;
use std::cell::Cell;
use std::time::Duration;

const CANCELLED: &str = "Err(\"the workflow was cancelled\")";

/// Whether the act has come to the other workflow.
async fn has_come(bench: &Bench, act: Act) -> bool {
    let Some(other) = find(bench, "other").await else {
        return false;
    };
    let unread = bench.store.inbox(other.run).await.unwrap();
    act.is_start() || other.phase != Phase::Running || !unread.is_empty()
}

/// Cuts the worker at its `n`-th call, and cancels the workflow before another one has it. Counts in
/// `between` when that was after the act and before its answer.
async fn cut(bench: &Bench, act: Act, n: usize, fault: Fault, between: &Cell<usize>) -> Option<()> {
    let client = elsewhere(bench);
    if !act.is_start() {
        // Nobody here runs it, so that only the act moves it.
        let other = start_patient(&client, "other").queue("elsewhere");
        other.await.unwrap();
    }
    let handle = start_acts(&client, "acts", act).await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let mut reached = false;
    tokio::select! {
        _ = bench.end("acts") => first.kill().await,
        () = store.cut() => {
            first.kill().await;
            let run = find(bench, "acts").await.unwrap().run;
            let steps = bench.store.steps(run, 0, 10).await.unwrap();
            if has_come(bench, act).await && steps.len() < 2 {
                between.set(between.get() + 1);
            }
            // Unless it has ended, or has slept for its hour: what was due before goes first.
            let awake = bench.clock.now() >= START.after(Duration::from_secs(3_600));
            reached = handle.cancel("not any more").await.is_ok() && !awake;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            bench.end("acts").await;
            second.stop().await;
        }
    }
    let context = format!("{act:?}, {fault:?} at call {n}");
    let told: Result<String, String> = value(&bench.end("acts").await);
    // One of the two awaits hears of the cancellation.
    let (told, heard) = match told {
        Ok(told) => (told, CANCELLED),
        Err(told) => (told, "Ok(())"),
    };
    assert!(
        told == heard || !reached && told == "Ok(())",
        "{context}: {told}"
    );
    assert_eq!(
        has_come(bench, act).await,
        told == "Ok(())",
        "{context}: {told}"
    );
    store.fired().then_some(())
}

async fn each_cut<G>(act: Act, make: impl AsyncFn() -> (Bench, G)) {
    let between = Cell::new(0);
    cut_at_each_call(3, async |n, fault| {
        let (bench, _guard) = make().await;
        cut(&bench, act, n, fault, &between).await
    })
    .await;
    assert!(between.get() > 0, "{act:?}: never between act and answer");
}

#[tokio::test]
async fn a_start_is_told_as_it_was_wherever_the_process_is_cut_and_cancelled() {
    for act in [Act::Spawn, Act::Detach] {
        each_cut(act, async || (bench(), ())).await;
        each_cut(act, async || on_sqlite(bench()).await).await;
    }
}

#[tokio::test]
async fn a_message_is_told_as_it_was_wherever_the_process_is_cut_and_cancelled() {
    for act in Act::MESSAGES {
        each_cut(act, async || (bench(), ())).await;
        each_cut(act, async || on_sqlite(bench()).await).await;
    }
}

#[tokio::test]
async fn a_cancellation_before_the_act_is_told_and_nothing_is_done() {
    for act in [Act::Spawn, Act::Signal] {
        let bench = bench();
        let client = elsewhere(&bench);
        let handle = start_acts(&client, "acts", act).await.unwrap();
        if !act.is_start() {
            let other = start_patient(&client, "other").queue("elsewhere");
            other.await.unwrap();
        }
        handle.cancel("not any more").await.unwrap();
        let worker = bench.worker();
        assert_eq!(handle.result().await.unwrap().unwrap(), CANCELLED);
        assert!(!has_come(&bench, act).await, "{act:?}");
        worker.stop().await;
    }
}
