//! Limits of one activity on one worker: so many attempts at a time, so many in a period.

use crate::support::{Behave, Bench, Op, Running, act, bench, call, client, options, output};
use crate::support::{START, elsewhere};
use durable_runtime::clock::Clock;
use durable_runtime::engine::{WorkerError, WorkerOptions};
use durable_runtime::id::Timestamp;
use durable_runtime::operation::{ActivityError, ActivityOptions, TimeoutKind};
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;

const SECOND: Duration = Duration::from_secs(1);

/// Awaits one activity, which may not wait for long.
#[workflow]
async fn hurried(name: String, seconds: u64) -> Result<String, ActivityError<String>> {
    let limit = Duration::from_secs(seconds);
    act(name).schedule_to_start(limit).await
}

/// Has no limit.
#[activity]
async fn plain(name: String) -> Result<String, String> {
    Ok(name)
}

/// Awaits it.
#[workflow]
async fn plainly(name: String) -> Result<String, ActivityError<String>> {
    plain(name).await
}

/// Starts so many runs that each call `act` with a name of their own: `0`, `1`, …
async fn start_all(bench: &Bench, count: usize) {
    for n in 0..count {
        bench.start(&format!("s{n}"), &[call(&n.to_string())]).await;
    }
}

/// Runs them to their ends; when each attempt began.
async fn times(bench: &Bench, options: &WorkerOptions, count: usize) -> Vec<i64> {
    start_all(bench, count).await;
    let worker = bench.worker_with(options);
    for n in 0..count {
        let ended = bench.end(&format!("s{n}")).await;
        assert_eq!(output(&ended).unwrap(), [n.to_string()]);
    }
    worker.stop().await;
    let numbers: Vec<_> = (0..count).map(|n| n.to_string()).collect();
    assert_eq!(bench.names(), numbers, "in the order in which they came");
    bench.seen().into_iter().map(|(.., at)| at).collect()
}

#[tokio::test]
async fn so_many_attempts_of_an_activity_run_at_a_time() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let two = options().at_most("act", 2);
    assert_eq!(times(&bench, &two, 5).await, [0, 0, 1_000, 1_000, 2_000]);
}

#[tokio::test]
async fn attempts_of_an_activity_have_a_rate() {
    let steady = options().rate("act", 2, SECOND);
    let seen = times(&bench(), &steady, 5).await;
    assert_eq!(seen, [0, 0, 500, 1_000, 1_500]);
}

#[tokio::test]
async fn both_limits_hold_and_so_does_that_of_the_worker() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let slots = WorkerOptions {
        max_activities: 1,
        ..options().at_most("act", 2).rate("act", 1, SECOND * 3)
    };
    assert_eq!(times(&bench, &slots, 3).await, [0, 3_000, 6_000]);
}

#[tokio::test]
async fn the_wait_for_a_slot_is_no_time_of_the_attempt() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let limited = ActivityOptions {
        start_to_close: Some(SECOND * 3 / 2),
        ..ActivityOptions::default()
    };
    for n in 0..3 {
        let op = Op::CallWith(n.to_string(), limited.clone());
        bench.start(&format!("s{n}"), &[op]).await;
    }
    let worker = bench.worker_with(&options().at_most("act", 1));
    for n in 0..3 {
        assert!(output(&bench.end(&format!("s{n}")).await).is_ok());
    }
    worker.stop().await;
    let seen: Vec<_> = bench
        .seen()
        .into_iter()
        .map(|(_, attempt, at)| (attempt, at))
        .collect();
    assert_eq!(seen, [(1, 0), (1, 1_000), (1, 2_000)]);
}

#[tokio::test]
async fn who_gives_up_has_taken_nothing() {
    let bench = bench();
    let worker = bench.worker_with(&options().rate("act", 1, SECOND * 10));
    worker.ready().await;
    let client = client(&bench, &worker);
    let guard = bench.clock.busy();
    let mut handles = Vec::new();
    for n in 0..4 {
        let id = format!("s{n}");
        handles.push(start_hurried(&client, id, n.to_string(), 1).await.unwrap());
    }
    drop(guard);
    let mut ends = Vec::new();
    for handle in &handles {
        ends.push(handle.result().await.unwrap());
    }
    let late = || Err(ActivityError::TimedOut(TimeoutKind::ScheduleToStart));
    assert_eq!(ends, [Ok("0".to_owned()), late(), late(), late()]);
    let guard = bench.clock.sleep_until(Timestamp(START.0 + 10_000)).await;
    let last = start_hurried(&client, "last", "last".to_owned(), 1)
        .await
        .unwrap();
    drop(guard);
    assert_eq!(last.result().await.unwrap(), Ok("last".to_owned()));
    worker.stop().await;
    let last = ("last".to_owned(), 1, 10_000);
    assert_eq!(bench.seen(), [("0".to_owned(), 1, 0), last]);
}

#[tokio::test]
async fn who_waits_for_one_activity_is_in_the_way_of_no_other() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    start_all(&bench, 3).await;
    start_plainly(&elsewhere(&bench), "other", "other".to_owned())
        .await
        .unwrap();
    let body = bench.registry().activity("act").unwrap().clone();
    let registry = bench.registry().with_activity_fn("plain", body);
    let options = WorkerOptions {
        max_activities: 2,
        ..options().at_most("act", 1)
    };
    let worker = Running::new(bench.prepare(&options).registry(registry));
    for id in ["s0", "s1", "s2", "other"] {
        bench.end(id).await;
    }
    worker.stop().await;
    let mut seen: Vec<_> = bench
        .seen()
        .into_iter()
        .map(|(name, _, at)| (at, name))
        .collect();
    seen.sort_unstable();
    let expected = [(0, "0"), (0, "other"), (1_000, "1"), (2_000, "2")];
    assert_eq!(seen, expected.map(|(at, name)| (at, name.to_owned())));
}

#[tokio::test]
async fn who_is_cancelled_in_line_leaves_it() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let guard = bench.clock.busy();
    start_all(&bench, 3).await;
    let worker = bench.worker_with(&options().at_most("act", 1));
    bench.attempted(1).await;
    let second = elsewhere(&bench).handle::<()>("s1").await.unwrap();
    second.terminate("enough").await.unwrap();
    assert_eq!(bench.end("s1").await.phase, Phase::Terminated);
    drop(guard);
    bench.end("s2").await;
    worker.stop().await;
    assert_eq!(
        bench.seen(),
        [("0".to_owned(), 1, 0), ("2".to_owned(), 1, 1_000)]
    );
}

#[tokio::test]
async fn another_attempt_waits_as_the_first_did() {
    let bench = Bench::new(|_, attempt| match attempt {
        1 => Behave::Fail,
        _ => Behave::Return,
    });
    bench.start("s", &[call("a")]).await;
    let worker = bench.worker_with(&options().rate("act", 1, SECOND * 10));
    bench.end("s").await;
    worker.stop().await;
    assert_eq!(
        bench.seen(),
        [("a".to_owned(), 1, 0), ("a".to_owned(), 2, 10_000)]
    );
}

#[tokio::test]
async fn a_worker_that_starts_over_has_no_new_bucket() {
    let bench = bench();
    let worker = bench.worker_with(&options().rate("act", 1, SECOND * 3_600));
    bench.start("s0", &[call("0")]).await;
    bench.end("s0").await;
    let dead = elsewhere(&bench).workers().await.unwrap()[0].worker;
    bench.store.retire(dead).await.unwrap();
    bench.start("s1", &[call("1")]).await;
    bench.end("s1").await;
    worker.stop().await;
    let second = ("1".to_owned(), 1, 3_600_000);
    assert_eq!(bench.seen(), [("0".to_owned(), 1, 0), second]);
}

#[tokio::test]
async fn a_limit_of_what_a_worker_does_not_have_is_an_error() {
    let bench = bench();
    let worker = bench.prepare(&options().at_most("atc", 1));
    let error = worker.run(std::future::pending()).await.unwrap_err();
    assert_eq!(error, WorkerError::NoSuchActivity("atc".to_owned()));
    assert_eq!(
        error.to_string(),
        "a limit is set for the activity `atc`, which this worker does not have"
    );
}
