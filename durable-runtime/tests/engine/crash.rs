//! Crash everywhere: for each call to the store, the process is cut just before and just after
//! it, another goes on, and nobody can tell the difference afterwards.

use crate::coded::behind;
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Op, Running, call, client, leased, output};
use durable_runtime::clock::Clock;
use durable_runtime::engine::Worker;
use durable_runtime::prelude::*;
use durable_runtime::store::{
    MessageKind, NewRun, Phase, RunRecord, SqliteOptions, SqliteStore, Store, Written,
};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// No run needs more calls than this; a loop that does has hung.
const CALLS_MAX: usize = 200;

fn scenario() -> Vec<Op> {
    vec![
        call("a"),
        Op::Sleep(3_600_000),
        call("fails"),
        Op::Sleep(10),
        call("b"),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Memory,
    Sqlite,
    /// SQLite behind a codec.
    Coded,
}

/// A bench on a new store, and the folder that it lives in.
async fn bench(kind: Kind) -> (Bench, Option<TempDir>) {
    let behaviour = |name: &str, attempt| match (name, attempt) {
        ("fails", 1) => Behave::Fail,
        _ => Behave::Return,
    };
    match kind {
        Kind::Memory => (Bench::new(behaviour), None),
        Kind::Sqlite | Kind::Coded => {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("crash.db");
            let store = SqliteStore::open(path, SqliteOptions::default())
                .await
                .unwrap();
            let store: Arc<dyn Store> = Arc::new(store);
            let store = match kind {
                Kind::Coded => behind(&store, "a"),
                _ => store,
            };
            (Bench::on(store, behaviour), Some(folder))
        }
    }
}

fn faulty_worker(bench: &Bench, store: Arc<FaultyStore>) -> Running {
    let worker = Worker::new(store, leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    Running::new(worker)
}

/// Runs the scenario with one fault; `None` if the run ends before the fault.
async fn run_with(
    kind: Kind,
    at: usize,
    fault: Fault,
    cancel: bool,
) -> Option<(Bench, RunRecord, Option<TempDir>)> {
    let (bench, folder) = bench(kind).await;
    bench.start("s", &scenario()).await;
    if cancel {
        bench.send("s", "c", MessageKind::Cancel).await;
    }
    let store = FaultyStore::new(bench.store.clone(), at, fault);
    let first = faulty_worker(&bench, store.clone());
    let record = tokio::select! {
        record = bench.end("s") => record,
        () = store.cut() => {
            first.kill().await;
            // The dead worker's lease ends while nobody is there.
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            let record = bench.end("s").await;
            second.stop().await;
            record
        }
    };
    store.fired().then_some((bench, record, folder))
}

async fn everywhere(kind: Kind, fault: Fault, cancel: bool) -> usize {
    for at in 0..CALLS_MAX {
        let Some((bench, record, _folder)) = run_with(kind, at, fault, cancel).await else {
            return at;
        };
        check(&bench, &record, fault, cancel, at).await;
    }
    panic!("the scenario does not end");
}

async fn check(bench: &Bench, record: &RunRecord, fault: Fault, cancel: bool, at: usize) {
    let context = format!("{fault:?} at call {at}");
    if cancel {
        assert_eq!(record.phase, Phase::Cancelled, "{context}");
        assert_eq!(output(record).unwrap_err(), "Ok(\"clean-up\")", "{context}");
    } else {
        assert_eq!(
            output(record).unwrap(),
            ["a", "slept", "fails", "slept", "b"],
            "{context}"
        );
        assert_eq!(bench.attempts("s").await.len(), 1, "{context}");
    }
    let steps = bench.steps("s").await;
    assert_eq!(steps.len(), if cancel { 3 } else { 6 }, "{context}");
    // An activity may run once more than recorded, never less, and in order.
    let mut names = bench.names();
    names.dedup();
    let expected: &[&str] = if cancel {
        &["clean-up"]
    } else {
        &["a", "fails", "b"]
    };
    assert_eq!(names, expected, "{context}");
    let once = expected.len() + usize::from(!cancel);
    assert!(
        bench.names().len() <= once + 1,
        "{context}: {:?}",
        bench.seen()
    );
}

#[tokio::test]
async fn crash_everywhere() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let points = everywhere(Kind::Memory, fault, false).await;
        assert!(points > 8, "only {points} calls were cut");
    }
}

#[tokio::test]
async fn crash_everywhere_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let points = everywhere(Kind::Sqlite, fault, false).await;
        assert!(points > 8, "only {points} calls were cut");
    }
}

#[tokio::test]
async fn crash_everywhere_behind_a_codec() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let points = everywhere(Kind::Coded, fault, false).await;
        assert!(points > 8, "only {points} calls were cut");
    }
}

#[tokio::test]
async fn crash_everywhere_while_cancelled() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let points = everywhere(Kind::Memory, fault, true).await;
        assert!(points > 5, "only {points} calls were cut");
    }
}

#[tokio::test]
async fn errors_everywhere() {
    for fault in [Fault::FailBefore, Fault::FailAfter] {
        let points = everywhere(Kind::Memory, fault, false).await;
        assert!(points > 8, "only {points} calls failed");
    }
}

#[tokio::test]
async fn a_taken_run_id_is_told_when_the_answer_is_lost_too() {
    for at in 0..6 {
        let (bench, _) = bench(Kind::Memory).await;
        let guard = bench.clock.busy();
        let there = NewRun {
            due_at: bench.clock.now().after(Duration::from_secs(60)),
            ..bench.new_run("there", &scenario())
        };
        bench.store.start(there.clone()).await.unwrap();
        let store = FaultyStore::new(bench.store.clone(), at, Fault::FailAfter);
        let worker = faulty_worker(&bench, store.clone());
        worker.ready().await;
        let twin = NewRun {
            run: there.run,
            ..bench.new_run("s", &scenario())
        };
        assert_eq!(worker.link.start(twin).await, Ok(Written::RunTaken));
        let free = bench.new_run("s", &scenario());
        assert_eq!(worker.link.start(free).await, Ok(Written::Started));
        drop(guard);
        for id in ["s", "there"] {
            assert!(output(&bench.end(id).await).is_ok());
            bench.steps(id).await;
        }
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_is_one_start() {
    for at in 0..10 {
        let (bench, _) = bench(Kind::Memory).await;
        let store = FaultyStore::new(bench.store.clone(), at, Fault::FailAfter);
        let worker = faulty_worker(&bench, store.clone());
        worker.ready().await;
        let new = bench.new_run("s", &scenario());
        let run = new.run;
        match worker.link.start(new).await.unwrap() {
            Written::Started => {}
            Written::Exists(record) => assert_eq!(record.run, run),
            other => panic!("{other:?}"),
        }
        let record = bench.end("s").await;
        assert!(output(&record).is_ok());
        bench.steps("s").await;
        worker.stop().await;
    }
}

/// Goes on as a new run before it awaits anything else.
#[workflow]
pub(crate) async fn relay(runs: u32) -> Result<u32, Error> {
    if runs < 2 {
        return continue_as_new(relay(runs + 1)).await;
    }
    Ok(runs)
}

/// The run that was started has ended by then, and another one has its id.
#[tokio::test]
async fn a_start_that_goes_on_at_once_is_told_though_the_answer_is_lost() {
    for at in 0..10 {
        let (bench, _) = bench(Kind::Memory).await;
        let store = FaultyStore::new(bench.store.clone(), at, Fault::FailAfter);
        let worker = faulty_worker(&bench, store.clone());
        worker.ready().await;
        let started = start_relay(&client(&bench, &worker), "r", 0).await;
        let handle = started.unwrap_or_else(|error| panic!("call {at}: {error}"));
        assert_eq!(handle.result().await.unwrap().unwrap(), 2, "call {at}");
        worker.stop().await;
    }
}
