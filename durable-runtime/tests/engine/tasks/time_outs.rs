//! Limits of time for activities on other queues.

use super::*;
use crate::support::START;
use durable_runtime::operation::TimeoutKind;
use durable_runtime::store::RunRecord;

const SECOND: Duration = Duration::from_secs(1);

async fn start(bench: &Bench, limits: Limits) {
    let client = elsewhere(bench);
    let kind = CancellationType::Try;
    let started = start_far_with(&client, "w", "a".to_owned(), limits, kind).await;
    started.unwrap();
}

fn ended(record: &RunRecord) -> (Acted, i64) {
    let seconds = (record.finished_at.unwrap().0 - START.0) / 1_000;
    (value(record), seconds)
}

fn timed_out(kind: TimeoutKind) -> Acted {
    Err(ActivityError::TimedOut(kind))
}

#[tokio::test]
async fn nobody_begins_it_in_time() {
    for (limits, kind) in [
        (
            Limits {
                start: Some(10 * SECOND),
                all: Some(20 * SECOND),
                ..Limits::default()
            },
            TimeoutKind::ScheduleToStart,
        ),
        (
            Limits {
                all: Some(10 * SECOND),
                ..Limits::default()
            },
            TimeoutKind::ScheduleToClose,
        ),
    ] {
        for (bench, _folder) in benches(|_, _| Behave::Return).await {
            let near = near(&bench);
            start(&bench, limits).await;
            let record = bench.end("w").await;
            assert_eq!(ended(&record), (timed_out(kind), 10));
            is_clean(&bench, "w").await;
            // A worker that comes too late has nothing to do.
            let gpu = gpu(&bench, &serving("gpu"));
            gpu.ready().await;
            gpu.stop().await;
            assert_eq!(bench.names(), Vec::<String>::new());
            near.stop().await;
        }
    }
}

/// The wait is over once a worker has it, however long that takes then.
#[tokio::test]
async fn what_has_begun_in_time_may_take_longer() {
    let limits = Limits {
        start: Some(10 * SECOND),
        one: Some(3_600 * SECOND),
        ..Limits::default()
    };
    for (bench, _folder) in benches(|_, _| Behave::Take(1_800_000)).await {
        let guard = bench.clock.busy();
        let near = near(&bench);
        let gpu = gpu(&bench, &serving("gpu"));
        start(&bench, limits).await;
        bench.attempted(1).await;
        // Its run knows, also if it is read again.
        bench.until("w", |run| run.seq > 0).await;
        drop(guard);
        let record = bench.end("w").await;
        assert_eq!(ended(&record), (Ok("a".to_owned()), 1_800));
        is_clean(&bench, "w").await;
        near.stop().await;
        gpu.stop().await;
    }
}

/// Its worker keeps the limit of one attempt; the policy decides what follows.
#[tokio::test]
async fn an_attempt_that_takes_too_long_is_repeated() {
    let limits = Limits {
        one: Some(5 * SECOND),
        ..Limits::default()
    };
    let behaviour = |_: &str, attempt| Behave::Take(if attempt < 3 { 3_600_000 } else { 1_000 });
    for (bench, _folder) in benches(behaviour).await {
        let near = near(&bench);
        let gpu = gpu(&bench, &serving("gpu"));
        start(&bench, limits).await;
        let record = bench.end("w").await;
        assert_eq!(ended(&record).0, Ok("a".to_owned()));
        let failed = bench.attempts("w").await;
        let failed: Vec<_> = failed.iter().map(|a| a.error.as_str()).collect();
        assert_eq!(failed, ["timed out (StartToClose)"; 2]);
        assert_eq!(
            *bench.ended.lock().unwrap(),
            ["a"],
            "the others were stopped"
        );
        near.stop().await;
        gpu.stop().await;
    }
}

/// The limit of all attempts together holds while one runs.
#[tokio::test]
async fn all_attempts_together_take_too_long() {
    let limits = Limits {
        one: Some(3_600 * SECOND),
        all: Some(30 * SECOND),
        ..Limits::default()
    };
    let behaviour = |_: &str, attempt| match attempt {
        1 => Behave::Fail,
        _ => Behave::Take(600_000),
    };
    for (bench, _folder) in benches(behaviour).await {
        let guard = bench.clock.busy();
        let near = near(&bench);
        let gpu = gpu(&bench, &serving("gpu"));
        start(&bench, limits).await;
        // A failure that is heard of at the last instant would end the call with its error.
        let recorded = async {
            while bench.attempts("w").await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        let within = tokio::time::timeout(Duration::from_secs(20), recorded).await;
        within.expect("within 20 s");
        drop(guard);
        let record = bench.end("w").await;
        let expected = timed_out(TimeoutKind::ScheduleToClose);
        assert_eq!(ended(&record), (expected, 30));
        bench.pass(3_600 * SECOND).await;
        assert_eq!(*bench.ended.lock().unwrap(), Vec::<String>::new());
        is_clean(&bench, "w").await;
        near.stop().await;
        gpu.stop().await;
    }
}
