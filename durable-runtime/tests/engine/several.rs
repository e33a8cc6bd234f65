//! Several operations under way in one run when something goes wrong, on both stores.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Running, START, act, leased, options};
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::operation::{Answered, Elapsed, Resolution};
use durable_runtime::prelude::*;
use durable_runtime::store::{
    AttemptOf, MessageKind, NewRun, Phase, RunRecord, SqliteOptions, SqliteStore, StepRecord,
    Written,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

/// No run needs more calls than this; a loop that does has hung.
const CALLS_MAX: usize = 200;

/// A hundred at once.
#[workflow]
async fn hundred() -> usize {
    let all = join_all((0..100).map(|i| act(format!("n{i}")))).await;
    all.into_iter().flatten().count()
}

/// How often the code of [`breaks`] is still to panic.
static CRACKS: AtomicUsize = AtomicUsize::new(0);

/// Panics while its sibling is under way.
#[workflow]
async fn breaks() -> Vec<String> {
    let mut log = Vec::new();
    let (slow, ()) = join!(act("slow".to_owned()), async {
        log.push(format!("{:?}", act("quick".to_owned()).await));
        let whole = CRACKS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        assert!(whole.is_err(), "cracked");
        log.push(format!("{:?}", act("after".to_owned()).await));
    });
    log.push(format!("{slow:?}"));
    log
}

/// A block with a limit of ten seconds.
#[workflow]
async fn limited() -> String {
    let given = timeout(Duration::from_secs(10), async {
        let a = act("a".to_owned()).await;
        format!("{a:?} {:?}", act("b".to_owned()).await)
    })
    .await;
    match given {
        Ok(both) => both,
        Err(Elapsed) => format!("late, {:?}", act("last".to_owned()).await),
    }
}

/// A bench in memory, and one on SQLite with the folder that it lives in.
async fn benches(
    behaviour: impl Fn(&str, u32) -> Behave + Copy + Send + Sync + 'static,
) -> [(Bench, Option<TempDir>); 2] {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("several.db");
    let store = SqliteStore::open(path, SqliteOptions::default())
        .await
        .unwrap();
    let sqlite = Bench::on(Arc::new(store), behaviour);
    [(Bench::new(behaviour), None), (sqlite, Some(folder))]
}

async fn start(bench: &Bench, workflow: &str) {
    let run = NewRun {
        workflow: workflow.into(),
        input: codec::ArgsBuilder::new().finish().unwrap(),
        ..bench.new_run("s", &[])
    };
    assert_eq!(bench.store.start(run).await, Ok(Written::Started));
}

fn output<T: serde::de::DeserializeOwned>(record: &RunRecord) -> T {
    codec::decode(record.output.as_deref().expect("it returned")).unwrap()
}

fn ended_at(record: &RunRecord) -> i64 {
    record.finished_at.expect("it ended").0 - START.0
}

/// The answers on record, in the order of their steps.
fn answered(steps: &[StepRecord]) -> Vec<Answered> {
    let results = steps.iter().filter_map(|step| step.result.as_deref());
    let decoded = results.map(|bytes| codec::decode::<Vec<Answered>>(bytes).unwrap());
    decoded.flatten().collect()
}

fn times(bench: &Bench, name: &str) -> usize {
    bench.names().iter().filter(|n| *n == name).count()
}

/// Waits until an answer is on record.
async fn recorded(bench: &Bench, count: usize) {
    let wait = async {
        while answered(&bench.steps("s").await).len() < count {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
    waited.expect("within 20 s");
}

#[tokio::test]
async fn a_hundred_operations_of_one_run() {
    let take = |name: &str, _| match name[1..].parse::<u64>() {
        Ok(n) => Behave::Take(100 * (100 - n)),
        Err(_) => Behave::Return,
    };
    for evict_always in [false, true] {
        for (bench, _folder) in benches(take).await {
            let worker = bench.worker_with(&WorkerOptions {
                evict_always,
                ..options()
            });
            start(&bench, "hundred").await;
            let record = bench.end("s").await;
            assert_eq!(output::<usize>(&record), 100);
            assert_eq!(ended_at(&record), 10_000, "as long as the longest");
            let begun: Vec<i64> = bench.seen().iter().map(|(_, _, at)| *at).collect();
            assert_eq!(begun, [0; 100], "all begin at once, each once");
            let ops: Vec<u64> = answered(&bench.steps("s").await)
                .iter()
                .map(|one| one.op)
                .collect();
            let expected: Vec<u64> = (1..=100).rev().collect();
            assert_eq!(ops, expected, "in the order of their ends");
            worker.stop().await;
        }
    }
}

#[tokio::test]
async fn code_that_panics_does_not_disturb_its_siblings() {
    let minutes = |name: &str, _| match name {
        "slow" => Behave::Take(40_000),
        _ => Behave::Return,
    };
    for (bench, _folder) in benches(minutes).await {
        CRACKS.store(3, Ordering::SeqCst);
        let worker = bench.worker();
        start(&bench, "breaks").await;
        let record = bench.end("s").await;
        let expected = ["Ok(\"quick\")", "Ok(\"after\")", "Ok(\"slow\")"];
        assert_eq!(output::<Vec<String>>(&record), expected);
        let panicked = bench.attempts("s").await;
        for attempt in &panicked {
            assert!(matches!(attempt.of, AttemptOf::Workflow { .. }));
            assert_eq!(attempt.error, "cracked");
        }
        // All of them while `slow` was under way.
        let at: Vec<i64> = panicked.iter().map(|a| a.at.0 - START.0).collect();
        assert_eq!(at, [0, 1_000, 3_000]);
        assert_eq!(bench.seen()[2], ("after".to_owned(), 1, 7_000));
        assert_eq!(bench.names(), ["slow", "quick", "after"], "each once");
        assert_eq!(ended_at(&record), 40_000);
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_shutdown_lets_two_attempts_end() {
    let take = |name: &str, _| Behave::Take(if name == "a" { 4_000 } else { 6_000 });
    for (bench, _folder) in benches(take).await {
        let guard = bench.clock.busy();
        start(&bench, "pair").await;
        let mut first = bench.worker();
        bench.attempted(2).await;
        first.stopping().await;
        assert_eq!(answered(&bench.steps("s").await).len(), 0);
        drop(guard);
        first.stop().await;
        let kept = answered(&bench.steps("s").await);
        assert_eq!(kept.len(), 2, "both results are on record");
        let second = bench.worker();
        let record = bench.end("s").await;
        assert_eq!(output::<Vec<String>>(&record), ["Ok(\"a\")", "Ok(\"b\")"]);
        assert_eq!(bench.names(), ["a", "b"]);
        second.stop().await;
    }
}

#[tokio::test]
async fn a_shutdown_keeps_the_one_that_ends_and_releases_the_other() {
    let take = |name: &str, _| Behave::Take(if name == "a" { 4_000 } else { 60_000 });
    for (bench, _folder) in benches(take).await {
        let guard = bench.clock.busy();
        start(&bench, "pair").await;
        let mut first = bench.worker();
        bench.attempted(2).await;
        first.stopping().await;
        drop(guard);
        first.stop().await;
        let kept = answered(&bench.steps("s").await);
        assert_eq!(kept.iter().map(|one| one.op).collect::<Vec<_>>(), [1]);
        let second = bench.worker();
        let record = bench.end("s").await;
        assert_eq!(output::<Vec<String>>(&record), ["Ok(\"a\")", "Ok(\"b\")"]);
        assert_eq!(bench.names(), ["a", "b", "b"]);
        assert_eq!(bench.attempts("s").await, [], "a release is not a failure");
        second.stop().await;
    }
}

fn faulty_worker(bench: &Bench, store: Arc<FaultyStore>, options: WorkerOptions) -> Running {
    let worker = Worker::new(store, options)
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    Running::new(worker)
}

/// Cuts the process at each call to the store. How many answers of the two were on record when it
/// was cut, for each cut.
async fn cut_everywhere(fault: Fault, sqlite: bool) -> Vec<usize> {
    let take = |name: &str, _| Behave::Take(if name == "a" { 700 } else { 300 });
    let mut windows = Vec::new();
    for at in 0..CALLS_MAX {
        let [memory, on_disk] = benches(take).await;
        let (bench, _folder) = if sqlite { on_disk } else { memory };
        start(&bench, "pair").await;
        let store = FaultyStore::new(bench.store.clone(), at, fault);
        let first = faulty_worker(&bench, store.clone(), leased());
        let record = tokio::select! {
            record = bench.end("s") => record,
            () = store.cut() => {
                first.kill().await;
                windows.push(answered(&bench.steps("s").await).len());
                bench.pass(leased().lease * 2).await;
                let second = bench.worker_with(&leased());
                let record = bench.end("s").await;
                second.stop().await;
                record
            }
        };
        if !store.fired() {
            return windows;
        }
        let context = format!("{fault:?} at call {at}");
        let both = ["Ok(\"a\")", "Ok(\"b\")"];
        assert_eq!(output::<Vec<String>>(&record), both, "{context}");
        let mut ops: Vec<u64> = answered(&bench.steps("s").await)
            .iter()
            .map(|one| one.op)
            .collect();
        ops.sort_unstable();
        assert_eq!(ops, [1, 2], "{context}: each answer counts once");
        // What was on record when the process was cut is not attempted again.
        let again = bench.names().len() - 2;
        let open = 2 - windows.last().copied().unwrap_or(2);
        assert!(again <= open, "{context}: {:?}", bench.seen());
        if windows.last() == Some(&1) {
            assert_eq!(times(&bench, "b"), 1, "{context}: `b` was on record");
        }
    }
    panic!("the run does not end");
}

#[tokio::test]
async fn a_crash_with_one_of_two_results_on_record() {
    for sqlite in [false, true] {
        for fault in [Fault::CutBefore, Fault::CutAfter] {
            let windows = cut_everywhere(fault, sqlite).await;
            let hit = |count: usize| windows.iter().filter(|w| **w == count).count();
            assert!(hit(1) > 0, "no cut found one result: {windows:?}");
            assert!(hit(0) > 0, "no cut found none: {windows:?}");
        }
    }
}

#[tokio::test]
async fn a_cancel_reaches_what_has_not_ended() {
    let take = |name: &str, _| match name {
        "a" => Behave::Return,
        _ => Behave::Take(3_600_000),
    };
    for (bench, _folder) in benches(take).await {
        let worker = bench.worker();
        let guard = bench.clock.busy();
        start(&bench, "three").await;
        bench.attempted(2).await;
        recorded(&bench, 1).await;
        bench.send("s", "c", MessageKind::Cancel).await;
        worker.link.poke();
        let record = bench.end("s").await;
        assert_eq!((record.phase, ended_at(&record)), (Phase::Completed, 0));
        let expected = ["Ok(\"a\")", "Err(Cancelled)", "Err(Cancelled)"];
        assert_eq!(output::<Vec<String>>(&record), expected);
        let answers = answered(&bench.steps("s").await);
        let cancelled = |one: &&Answered| one.answer == Resolution::Cancelled;
        assert_eq!(answers.iter().filter(cancelled).count(), 2);
        drop(guard);
        worker.stop().await;
    }
}

/// The first half takes the time that is left, and the second half is lost.
#[tokio::test]
async fn a_limit_ends_a_block_between_two_activities() {
    for (take, expected, b) in [
        (4_000, "Ok(\"a\") Ok(\"b\")", 1),
        (15_000, "late, Ok(\"last\")", 0),
    ] {
        let behaviour = move |name: &str, _| match name {
            "a" => Behave::Take(take),
            _ => Behave::Return,
        };
        for evict_always in [false, true] {
            for (bench, _folder) in benches(behaviour).await {
                let worker = bench.worker_with(&WorkerOptions {
                    evict_always,
                    ..options()
                });
                start(&bench, "limited").await;
                let record = bench.end("s").await;
                assert_eq!(output::<String>(&record), expected);
                let took = i64::try_from(take.min(10_000)).unwrap();
                assert_eq!((ended_at(&record), times(&bench, "b")), (took, b));
                let ended = bench.ended.lock().unwrap().contains(&"a".to_owned());
                assert_eq!(ended, b == 1, "the loser was stopped");
                worker.stop().await;
            }
        }
    }
}

#[tokio::test]
async fn a_failed_attempt_of_one_is_recorded_while_another_ends() {
    // The second failure of `b` and the end of `a` are at the same instant.
    let behaviour = |name: &str, attempt| match (name, attempt) {
        ("a", _) => Behave::Take(1_000),
        (_, 1..=3) => Behave::Fail,
        _ => Behave::Return,
    };
    for evict_always in [false, true] {
        for (bench, _folder) in benches(behaviour).await {
            let worker = bench.worker_with(&WorkerOptions {
                evict_always,
                ..options()
            });
            start(&bench, "pair").await;
            let record = bench.end("s").await;
            assert_eq!(output::<Vec<String>>(&record), ["Ok(\"a\")", "Ok(\"b\")"]);
            let failed = bench.attempts("s").await;
            let numbers: Vec<_> = failed
                .iter()
                .map(|a| (a.attempt, a.at.0 - START.0))
                .collect();
            assert_eq!(numbers, [(1, 0), (2, 1_000), (3, 3_000)]);
            assert!(failed.iter().all(|a| a.of == AttemptOf::Activity { op: 2 }));
            let steps = bench.steps("s").await;
            let ops: Vec<u64> = answered(&steps).iter().map(|one| one.op).collect();
            assert_eq!(ops, [1, 2]);
            let first = steps.iter().find(|step| step.result.is_some()).unwrap();
            assert_eq!(first.at.0 - START.0, 1_000, "`a` ended with that failure");
            assert_eq!(times(&bench, "a"), 1);
            worker.stop().await;
        }
    }
}
