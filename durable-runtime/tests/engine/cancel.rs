//! Cancelling and terminating.

use crate::support::{Behave, Bench, Op, START, call, options, output};
use durable_runtime::clock::Clock;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::store::{MessageKind, Phase, RunState, Sent};
use std::time::Duration;

const MINUTE: u64 = 60_000;

fn no_park() -> WorkerOptions {
    WorkerOptions {
        park_after: Duration::from_secs(86_400),
        ..options()
    }
}

/// Starts `ops`, cancels after ten virtual minutes, and gives the end and the cleaning.
async fn cancelled_after_ten_minutes(bench: &Bench, options: &WorkerOptions, ops: &[Op]) {
    let worker = bench.worker_with(options);
    let guard = bench.clock.busy();
    bench.start("s", ops).await;
    let ten = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(600)));
    bench.attempted(1).await;
    drop(guard);
    let guard = ten.await;
    assert!(matches!(
        bench.send("s", "c", MessageKind::Cancel).await,
        Sent::Accepted(_)
    ));
    worker.link.poke();
    let record = bench.end("s").await;
    assert_eq!(record.phase, Phase::Cancelled);
    assert_eq!(
        record.finished_at,
        Some(START.after(Duration::from_secs(600)))
    );
    assert_eq!(
        bench.seen().last(),
        Some(&("clean-up".to_owned(), 1, 600_000))
    );
    drop(guard);
    worker.stop().await;
}

#[tokio::test]
async fn a_parked_sleep_ends_at_once() {
    let bench = Bench::new(|_, _| Behave::Return);
    let ops = [call("a"), Op::Sleep(30 * MINUTE), call("b")];
    cancelled_after_ten_minutes(&bench, &options(), &ops).await;
    assert_eq!(bench.names(), ["a", "clean-up"]);
}

#[tokio::test]
async fn a_sleep_in_memory_ends_at_once() {
    let bench = Bench::new(|_, _| Behave::Return);
    let ops = [call("a"), Op::Sleep(30 * MINUTE), call("b")];
    cancelled_after_ten_minutes(&bench, &no_park(), &ops).await;
    assert_eq!(bench.names(), ["a", "clean-up"]);
}

#[tokio::test]
async fn a_running_activity_is_stopped() {
    let bench = Bench::new(|name, _| match name {
        "long" => Behave::Take(30 * MINUTE),
        _ => Behave::Return,
    });
    let activity = durable_runtime::operation::ActivityOptions {
        start_to_close: Some(Duration::from_secs(7_200)),
        ..Default::default()
    };
    let ops = [Op::CallWith("long".into(), activity), call("b")];
    cancelled_after_ten_minutes(&bench, &options(), &ops).await;
    assert_eq!(bench.names(), ["long", "clean-up"]);
}

#[tokio::test]
async fn a_back_off_ends_at_once() {
    let bench = Bench::new(|name, _| match name {
        "failing" => Behave::Fail,
        _ => Behave::Return,
    });
    let policy = durable_runtime::operation::RetryPolicy {
        initial: Duration::from_secs(1_800),
        jitter: 0.0,
        ..Default::default()
    };
    let activity = durable_runtime::operation::ActivityOptions {
        retry: policy,
        ..Default::default()
    };
    let ops = [Op::CallWith("failing".into(), activity), call("b")];
    cancelled_after_ten_minutes(&bench, &no_park(), &ops).await;
    assert_eq!(bench.names(), ["failing", "clean-up"]);
}

#[tokio::test]
async fn a_cancel_before_the_first_await_reaches_it_and_repeats_are_absorbed() {
    let bench = Bench::new(|_, _| Behave::Return);
    bench.start("s", &[call("a"), call("b")]).await;
    for msg in ["c", "c", "d"] {
        assert!(matches!(
            bench.send("s", msg, MessageKind::Cancel).await,
            Sent::Accepted(_)
        ));
    }
    let worker = bench.worker();
    let record = bench.end("s").await;
    assert_eq!(record.phase, Phase::Cancelled);
    assert_eq!(
        bench.names(),
        ["clean-up"],
        "the first await was cancelled before it began"
    );
    assert_eq!(
        output(&record).unwrap_err(),
        "Ok(\"clean-up\")",
        "clean-up ran normally"
    );
    worker.stop().await;
}

#[tokio::test]
async fn that_the_code_was_told_survives_a_change_of_workers() {
    // The clean-up fails at first, so that the run parks between the cancel and its end.
    let bench = Bench::new(|name, attempt| match (name, attempt) {
        ("clean-up", 1..=3) => Behave::Fail,
        _ => Behave::Return,
    });
    let guard = bench.clock.busy();
    bench.start("s", &[Op::Sleep(3_600_000)]).await;
    bench.send("s", "c", MessageKind::Cancel).await;
    let first = bench.worker();
    bench.attempted(1).await;
    first.stop().await;
    let second = bench.worker();
    drop(guard);
    let record = bench.end("s").await;
    assert_eq!(record.phase, Phase::Cancelled);
    assert_eq!(bench.names().len(), 4);
    assert_eq!(
        bench.attempts("s").await.len(),
        3,
        "the first worker's failure counts"
    );
    second.stop().await;
}

/// Nobody is there from the first minute to two hours.
#[tokio::test]
async fn what_was_due_before_a_cancel_comes_before_it_though_both_are_seen_late() {
    for (minute, fires) in [(59, false), (60, true), (90, true)] {
        let bench = Bench::new(|_, _| Behave::Return);
        let guard = bench.clock.busy();
        let at = |minute: u64| {
            let minutes = Duration::from_secs(60 * minute);
            bench.clock.sleep_until(START.after(minutes))
        };
        let (sent, later) = (at(minute), at(120));
        let worker = bench.worker();
        bench.start("s", &[Op::Sleep(60 * MINUTE), call("b")]).await;
        let due = RunState::Waiting(START.after(Duration::from_secs(3_600)));
        bench.until("s", |record| record.state == due).await;
        worker.stop().await;
        drop(guard);
        let guard = sent.await;
        bench.send("s", "c", MessageKind::Cancel).await;
        drop(guard);
        let guard = later.await;
        let worker = bench.worker();
        let record = bench.end("s").await;
        assert_eq!(record.phase, Phase::Cancelled, "{minute}");
        let cleaned = "Ok(\"clean-up\")";
        let slept = if fires { "slept," } else { "" };
        assert_eq!(
            output(&record).unwrap_err(),
            format!("{slept}{cleaned}"),
            "{minute}"
        );
        assert_eq!(bench.names(), ["clean-up"], "{minute}");
        drop(guard);
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_terminated_run_ends_without_its_code() {
    let bench = Bench::new(|_, _| Behave::Take(60 * MINUTE));
    let worker = bench.worker();
    let guard = bench.clock.busy();
    bench.start("s", &[call("a")]).await;
    bench.attempted(1).await;
    bench.send("s", "t", MessageKind::Terminate).await;
    worker.link.poke();
    let record = bench.end("s").await;
    assert_eq!(record.phase, Phase::Terminated);
    assert_eq!(record.error.as_deref(), Some("because"));
    assert_eq!(bench.names(), ["a"]);
    drop(guard);
    worker.stop().await;
}

#[tokio::test]
async fn an_ended_run_takes_no_cancel() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker();
    bench.start("s", &[call("a")]).await;
    let record = bench.end("s").await;
    assert_eq!(record.state, RunState::Finished);
    let sent = bench.send("s", "c", MessageKind::Cancel).await;
    assert_eq!(sent, Sent::Finished(Phase::Completed));
    worker.stop().await;
}
