//! Starts under ids that are taken, beside owners that are at work and processes that are cut.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Op, Running, bench, call, elsewhere, leased, options, output};
use durable_runtime::clock::Clock;
use durable_runtime::engine::Worker;
use durable_runtime::operation::{ActivityOptions, SpawnError};
use durable_runtime::prelude::*;
use durable_runtime::store::{IdPolicy, NewRun, Phase, RunState, Written};
use std::sync::Arc;

const LONG: &str = "long";

/// An attempt that takes longer than the test.
fn long() -> Op {
    let options = ActivityOptions {
        start_to_close: Some(Duration::from_secs(86_400)),
        ..ActivityOptions::default()
    };
    Op::CallWith(LONG.into(), options)
}

fn slow() -> Bench {
    Bench::new(|name, _| match name {
        LONG => Behave::Take(7_200_000),
        _ => Behave::Return,
    })
}

/// A start of the script that takes its id from whoever has it.
fn instead(bench: &Bench, ops: &[Op]) -> NewRun {
    NewRun {
        ids: IdPolicy {
            conflict: OnConflict::TerminateExisting,
            reuse: Reuse::Allow,
        },
        ..bench.new_run("s", ops)
    }
}

/// Starts a child under an id that may have been used before.
#[workflow]
pub(crate) async fn renewing(child: String, reuse: bool) -> Result<Vec<String>, String> {
    let ops = vec![call("child")];
    let start = crate::support::script(ops).spawn(child);
    let start = if reuse {
        start.reuse(Reuse::Allow)
    } else {
        start
    };
    match start.await {
        Ok(child) => child.await.map_err(|e| e.to_string())?,
        Err(SpawnError::AlreadyStarted(id)) => Err(format!("{id} is taken")),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn a_replaced_run_is_stopped_in_the_middle_of_an_attempt() {
    let bench = slow();
    let worker = bench.worker();
    let guard = bench.clock.busy();
    bench.start("s", &[long(), call("never")]).await;
    bench.attempted(1).await;
    let old = bench.until("s", |_| true).await;
    let new = instead(&bench, &[call("b")]);
    assert_eq!(bench.store.start(new).await, Ok(Written::Started));
    worker.link.poke();
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap(), ["b"]);
    let old = bench.store.follow(old.run).await.unwrap().unwrap();
    assert_eq!(
        (old.phase, old.state),
        (Phase::Terminated, RunState::Finished)
    );
    assert_eq!(bench.names(), [LONG, "b"]);
    // The worker has let go of the old one: it would wait for its attempt for hours.
    let owner = bench.store.workers().await.unwrap().remove(0).worker;
    while !bench.store.mail(owner, &[]).await.unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(bench.ended.lock().unwrap().iter().all(|name| name != LONG));
    drop(guard);
    worker.stop().await;
}

#[tokio::test]
async fn policies_of_a_start_by_a_client() {
    let bench = slow();
    let worker = bench.worker();
    let client = elsewhere(&bench);
    let guard = bench.clock.busy();
    let start = |ops: &[Op]| crate::support::start_script(&client, "s", ops.to_vec());
    let first = start(&[long()]).await.unwrap();
    bench.attempted(1).await;
    let error = start(&[call("a")]).await.unwrap_err();
    assert!(matches!(error, StartError::AlreadyStarted(handle) if handle.run() == first.run()));
    let existing = start(&[call("a")]).on_conflict(OnConflict::UseExisting);
    assert_eq!(existing.await.unwrap().run(), first.run());
    let second = start(&[call("a")]).on_conflict(OnConflict::TerminateExisting);
    let second = second.await.unwrap();
    worker.link.poke();
    assert_eq!(second.result().await.unwrap().unwrap(), ["a"]);
    // Each handle tells of its own run.
    let error = first.result().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "workflow `s` was terminated: another start took its id"
    );
    // It completed: only `Allow` starts another one.
    for policy in [Reuse::Reject, Reuse::IfFailed] {
        let error = start(&[call("b")]).reuse(policy).await.unwrap_err();
        assert!(matches!(error, StartError::AlreadyStarted(_)));
    }
    let third = start(&[call("b")]).reuse(Reuse::Allow).await.unwrap();
    worker.link.poke();
    assert_eq!(third.result().await.unwrap().unwrap(), ["b"]);
    assert_eq!(second.result().await.unwrap().unwrap(), ["a"]);
    drop(guard);
    worker.stop().await;
}

#[tokio::test]
async fn a_child_may_take_an_id_that_was_used() {
    let bench = bench();
    let worker = bench.worker();
    let client = elsewhere(&bench);
    for (parent, reuse, expected) in [
        ("p1", false, Ok(vec!["child".to_owned()])),
        ("p2", false, Err("c is taken".to_owned())),
        ("p3", true, Ok(vec!["child".to_owned()])),
    ] {
        let handle = start_renewing(&client, parent, "c".to_owned(), reuse).await;
        let handle = handle.unwrap();
        worker.link.poke();
        assert_eq!(handle.result().await.unwrap(), expected);
    }
    worker.stop().await;
}

/// The owner is cut before or after each of its calls, while another start takes its id.
#[tokio::test]
async fn a_replaced_run_ends_wherever_its_owner_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut at = 0;
        while replaced(fault, at).await {
            at += 1;
            assert!(at < 100, "the scenario does not end");
        }
        assert!(at > 5, "only {at} calls");
    }
}

async fn replaced(fault: Fault, at: usize) -> bool {
    let bench = slow();
    bench.start("s", &[call("a"), long(), call("never")]).await;
    let old = bench.until("s", |_| true).await.run;
    let store = FaultyStore::new(bench.store.clone(), at, fault);
    let worker = Worker::new(store.clone(), leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let guard = bench.clock.busy();
    let first = Running::new(worker);
    let mut cut = tokio::select! {
        () = bench.attempted(2) => false,
        () = store.cut() => true,
    };
    let new = instead(&bench, &[call("b")]);
    assert_eq!(bench.store.start(new).await, Ok(Written::Started));
    first.link.poke();
    drop(guard);
    if !cut {
        cut = tokio::select! {
            _ = bench.end("s") => false,
            () = store.cut() => true,
        };
    }
    if cut {
        first.kill().await;
        bench.pass(leased().lease * 2).await;
        let second = bench.worker_with(&options());
        bench.end("s").await;
        second.stop().await;
    }
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap(), ["b"], "{fault:?} at {at}");
    let old = bench.store.follow(old).await.unwrap().unwrap();
    assert_eq!(old.phase, Phase::Terminated, "{fault:?} at {at}");
    assert!(!bench.names().contains(&"never".to_owned()));
    store.fired()
}
