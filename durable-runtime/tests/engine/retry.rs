//! Runs that reach their end, and activities that do not at first.

use crate::support::{Behave, Bench, Op, call, options, output, start_script};
use durable_runtime::engine::WorkerOptions;
use durable_runtime::operation::{ActivityOptions, RetryPolicy};
use durable_runtime::prelude::*;
use durable_runtime::store::{AttemptOf, Phase};

#[tokio::test]
async fn a_script_of_activities_and_timers_runs_to_its_end() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker();
    worker.ready().await;
    let ops = vec![
        call("a"),
        Op::Sleep(30 * 86_400_000),
        call("b"),
        Op::Sleep(500),
        call("c"),
    ];
    let handle = start_script(&worker.client(&bench), "s", ops)
        .await
        .unwrap();
    assert_eq!(
        handle.result().await.unwrap().unwrap(),
        ["a", "slept", "b", "slept", "c"]
    );
    let month = 30 * 86_400_000;
    let expected = [("a", 0), ("b", month), ("c", month + 500)];
    assert_eq!(
        bench.seen(),
        expected.map(|(name, at)| (name.to_owned(), 1, at))
    );
    assert_eq!(bench.steps("s").await.len(), 6);
    worker.stop().await;
}

#[tokio::test]
async fn evicting_at_every_await_changes_nothing() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker_with(&WorkerOptions {
        evict_always: true,
        keep_frames: true,
        ..options()
    });
    let ops = [
        call("a"),
        Op::Sleep(10),
        call("b"),
        Op::Sleep(5_000),
        call("c"),
    ];
    bench.start("s", &ops).await;
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap(), ["a", "slept", "b", "slept", "c"]);
    assert_eq!(bench.names(), ["a", "b", "c"]);
    let steps = bench.steps("s").await;
    assert!(
        steps.iter().take(5).all(|step| step.frame.is_some()),
        "frames are kept"
    );
    worker.stop().await;
}

#[tokio::test]
async fn failures_are_repeated_with_growing_pauses() {
    let bench = Bench::new(|_, attempt| {
        if attempt < 5 {
            Behave::Fail
        } else {
            Behave::Return
        }
    });
    let worker = bench.worker();
    bench.start("s", &[call("a")]).await;
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap(), ["a"]);
    let times: Vec<_> = bench.seen().into_iter().map(|(_, n, at)| (n, at)).collect();
    assert_eq!(
        times,
        [(1, 0), (2, 1_000), (3, 3_000), (4, 7_000), (5, 15_000)]
    );
    let keys = bench.keys();
    assert_eq!(
        keys.into_iter().collect::<Vec<_>>(),
        [format!("{}/1", record.run)]
    );
    let attempts = bench.attempts("s").await;
    assert_eq!(
        attempts.iter().map(|a| a.attempt).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    assert!(
        attempts
            .iter()
            .all(|a| a.error == "no a" && a.of == AttemptOf::Activity { op: 1 })
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_non_retryable_error_ends_at_once() {
    let bench = Bench::new(|_, _| Behave::FailForGood);
    let worker = bench.worker();
    bench.start("s", &[call("a"), call("b")]).await;
    let record = bench.end("s").await;
    assert_eq!(
        (record.phase, record.error.as_deref()),
        (Phase::Failed, Some("no a"))
    );
    assert_eq!(bench.seen(), [("a".to_owned(), 1, 0)]);
    assert_eq!(
        bench.attempts("s").await.len(),
        1,
        "the failure is on record"
    );
    worker.stop().await;
}

#[tokio::test]
async fn attempts_run_out() {
    let bench = Bench::new(|_, _| Behave::Panic);
    let worker = bench.worker();
    let policy = RetryPolicy {
        max_attempts: Some(3),
        jitter: 0.0,
        ..RetryPolicy::default()
    };
    let options = ActivityOptions {
        retry: policy,
        ..ActivityOptions::default()
    };
    bench.start("s", &[Op::CallWith("a".into(), options)]).await;
    let record = bench.end("s").await;
    assert_eq!(record.phase, Phase::Failed);
    // The panic's own text is on record with each attempt.
    assert!(record.error.unwrap().contains("panicked"));
    assert!(
        bench
            .attempts("s")
            .await
            .iter()
            .all(|a| a.error == "panicked: oh a")
    );
    assert_eq!(bench.seen().len(), 3);
    worker.stop().await;
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_stopped_and_repeated() {
    let bench = Bench::new(|_, n| {
        if n < 3 {
            Behave::Take(3_600_000)
        } else {
            Behave::Take(100)
        }
    });
    let worker = bench.worker();
    let options = ActivityOptions {
        start_to_close: Some(Duration::from_secs(30)),
        retry: RetryPolicy {
            jitter: 0.0,
            ..RetryPolicy::default()
        },
        ..ActivityOptions::default()
    };
    bench.start("s", &[Op::CallWith("a".into(), options)]).await;
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap(), ["a"]);
    let times: Vec<_> = bench.seen().into_iter().map(|(_, n, at)| (n, at)).collect();
    assert_eq!(times, [(1, 0), (2, 31_000), (3, 63_000)]);
    worker.stop().await;
}

#[tokio::test]
async fn all_attempts_together_have_a_limit() {
    let bench = Bench::new(|name, _| match name {
        "slow" => Behave::Take(3_600_000),
        _ => Behave::Fail,
    });
    let worker = bench.worker();
    let options = ActivityOptions {
        schedule_to_close: Some(Duration::from_secs(10)),
        retry: RetryPolicy {
            jitter: 0.0,
            ..RetryPolicy::default()
        },
        ..ActivityOptions::default()
    };
    bench
        .start("failing", &[Op::CallWith("f".into(), options.clone())])
        .await;
    let record = bench.end("failing").await;
    assert_eq!(
        record.error.as_deref(),
        Some("no f"),
        "the last failure is told"
    );
    // At 0, 1, 3 and 7 s; the fifth would begin at 15 s.
    assert_eq!(bench.seen().len(), 4);
    bench
        .start("slow", &[Op::CallWith("slow".into(), options)])
        .await;
    let record = bench.end("slow").await;
    assert_eq!(record.error.as_deref(), Some("the activity timed out"));
    assert_eq!(
        bench.attempts("slow").await[0].error,
        "timed out (ScheduleToClose)"
    );
    assert_eq!(bench.seen().len(), 5, "this limit is not retried");
    worker.stop().await;
}
