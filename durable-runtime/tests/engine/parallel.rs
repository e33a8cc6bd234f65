//! Several operations under way in one run.

use crate::support::{Behave, Bench, Running, START, act, options};
use durable_runtime::clock::{Clock, VirtualClock};
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::operation::Answered;
use durable_runtime::prelude::*;
use durable_runtime::store::{AttemptOf, MessageKind, NewRun, Phase, RunRecord, RunState, Written};
use std::sync::Arc;

/// Calls `a` and `b` side by side.
#[workflow]
async fn pair() -> Vec<String> {
    let (a, b) = join!(act("a".to_owned()), act("b".to_owned()));
    vec![format!("{a:?}"), format!("{b:?}")]
}

/// Calls `a`, but waits no longer than a minute; then calls `late`.
#[workflow]
async fn race() -> String {
    let winner = select! {
        answer = act("a".to_owned()) => format!("{answer:?}"),
        fired = sleep(Duration::from_secs(60)) => format!("{fired:?}"),
    };
    let last = act("last".to_owned()).await;
    format!("{winner}, {last:?}")
}

/// Two activities and a long timer; says how each ended.
#[workflow]
async fn three() -> Vec<String> {
    let (a, b, slept) = join!(
        act("a".to_owned()),
        act("b".to_owned()),
        sleep(Duration::from_secs(7_200)),
    );
    vec![format!("{a:?}"), format!("{b:?}"), format!("{slept:?}")]
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

#[tokio::test]
async fn two_activities_take_as_long_as_the_longer_one() {
    for evict_always in [false, true] {
        let bench = Bench::new(|name, _| match name {
            "a" => Behave::Take(5_000),
            _ => Behave::Take(3_000),
        });
        let worker = bench.worker_with(&WorkerOptions {
            evict_always,
            ..options()
        });
        start(&bench, "pair").await;
        let record = bench.end("s").await;
        assert_eq!(output::<Vec<String>>(&record), ["Ok(\"a\")", "Ok(\"b\")"]);
        assert_eq!(ended_at(&record), 5_000);
        assert_eq!(
            bench.seen().len(),
            2,
            "no attempt is disturbed by the other's end"
        );
        let answered = |bytes: &[u8]| codec::decode::<Vec<Answered>>(bytes).unwrap();
        let steps = bench.steps("s").await;
        let ops: Vec<Vec<u64>> = steps
            .iter()
            .filter_map(|step| step.result.as_deref().map(answered))
            .map(|all| all.iter().map(|one| one.op).collect())
            .collect();
        assert_eq!(ops, [vec![2], vec![1]], "in the order of their ends");
        worker.stop().await;
    }
}

#[tokio::test]
async fn retries_of_one_do_not_disturb_the_other() {
    let bench = Bench::new(|name, attempt| match (name, attempt) {
        ("a", _) => Behave::Take(20_000),
        (_, 1..=3) => Behave::Fail,
        _ => Behave::Return,
    });
    let worker = bench.worker();
    start(&bench, "pair").await;
    let record = bench.end("s").await;
    assert_eq!(ended_at(&record), 20_000);
    let own = |name: &str| -> Vec<_> {
        let seen = bench.seen().into_iter().filter(|seen| seen.0 == name);
        seen.map(|(_, attempt, at)| (attempt, at)).collect()
    };
    assert_eq!(own("a"), [(1, 0)]);
    assert_eq!(own("b"), [(1, 0), (2, 1_000), (3, 3_000), (4, 7_000)]);
    let failed = bench.attempts("s").await;
    assert!(failed.iter().all(|a| a.of == AttemptOf::Activity { op: 2 }));
    worker.stop().await;
}

#[tokio::test]
async fn a_timer_that_wins_stops_the_activity() {
    let bench = Bench::new(|name, _| match name {
        "a" => Behave::Take(3_600_000),
        _ => Behave::Return,
    });
    let worker = bench.worker();
    start(&bench, "race").await;
    let record = bench.end("s").await;
    assert_eq!(output::<String>(&record), "Ok(()), Ok(\"last\")");
    assert_eq!(ended_at(&record), 60_000);
    let seen = [("a".to_owned(), 1, 0), ("last".to_owned(), 1, 60_000)];
    assert_eq!(bench.seen(), seen);
    worker.stop().await;
}

#[tokio::test]
async fn an_activity_that_wins_drops_the_timer() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let worker = bench.worker();
    start(&bench, "race").await;
    let record = bench.end("s").await;
    assert_eq!(output::<String>(&record), "Ok(\"a\"), Ok(\"last\")");
    assert_eq!(ended_at(&record), 2_000);
    worker.stop().await;
}

#[tokio::test]
async fn it_is_parked_when_only_a_long_timer_is_left() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let worker = bench.worker();
    let guard = bench.clock.busy();
    start(&bench, "three").await;
    bench.attempted(2).await;
    let later = bench.clock.sleep_until(START.after(Duration::from_secs(5)));
    drop(guard);
    let guard = later.await;
    let due = START.after(Duration::from_secs(7_200));
    bench
        .until("s", |record| record.state == RunState::Waiting(due))
        .await;
    drop(guard);
    let record = bench.end("s").await;
    let expected = ["Ok(\"a\")", "Ok(\"b\")", "Ok(())"];
    assert_eq!(output::<Vec<String>>(&record), expected);
    assert_eq!(bench.seen().len(), 2);
    worker.stop().await;
}

#[tokio::test]
async fn a_cancel_reaches_all_three_in_one_step() {
    let bench = Bench::new(|_, _| Behave::Take(3_600_000));
    let worker = bench.worker();
    let guard = bench.clock.busy();
    start(&bench, "three").await;
    bench.attempted(2).await;
    bench.send("s", "c", MessageKind::Cancel).await;
    worker.link.poke();
    let record = bench.end("s").await;
    assert_eq!((record.phase, ended_at(&record)), (Phase::Completed, 0));
    let ends: Vec<String> = output(&record);
    assert!(ends.iter().all(|end| end.contains("Cancelled")), "{ends:?}");
    let steps = bench.steps("s").await;
    assert_eq!(steps.len(), 2, "all of them in one");
    let last: Vec<Answered> = codec::decode(steps[1].result.as_deref().unwrap()).unwrap();
    assert_eq!(last.len(), 3);
    drop(guard);
    worker.stop().await;
}

#[tokio::test]
async fn after_a_crash_only_what_has_not_ended_is_attempted_again() {
    let bench = Bench::new(|name, attempt| match (name, attempt) {
        ("a", _) => Behave::Return,
        (_, 1) => Behave::Fail,
        (_, 2) => Behave::Take(3_600_000),
        _ => Behave::Return,
    });
    let first = bench.worker();
    let guard = bench.clock.busy();
    let second = bench.clock.sleep_until(START.after(Duration::from_secs(2)));
    start(&bench, "pair").await;
    bench.attempted(2).await;
    drop(guard);
    let guard = second.await;
    bench.attempted(3).await;
    first.kill().await;
    // Nobody retired the first worker: its lease is over only for a later clock.
    let later = bench
        .clock
        .now()
        .after(Duration::from_secs(200 * 365 * 86_400));
    let second = Running::new(
        Worker::new(bench.store.clone(), options())
            .registry(bench.registry())
            .clock(Arc::new(VirtualClock::new(later))),
    );
    let record = bench.end("s").await;
    drop(guard);
    assert_eq!(output::<Vec<String>>(&record), ["Ok(\"a\")", "Ok(\"b\")"]);
    let names = || bench.names().iter().filter(|name| *name == "a").count();
    assert_eq!(names(), 1, "`a` has ended before");
    let log = bench.log.lock().unwrap().clone();
    let (before, again) = (&log[2], &log[3]);
    assert_eq!((&before.name, &before.key), (&again.name, &again.key));
    assert_eq!(
        (before.attempt, again.attempt),
        (2, 2),
        "the recorded failure is not forgotten"
    );
    second.stop().await;
}
