//! What an operator sees of workers: the recorded values are those of what has happened.

#![allow(
    clippy::float_cmp,
    reason = "what is recorded here is whole, or was never rounded"
)]

use ::metrics::Label;
use durable_runtime::clock::VirtualClock;
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::{self, RunState};
use durable_runtime::testing::{Failure, TestEnv};
use durable_runtime::{Worker, WorkerOptions, activity, join_all, metrics};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use std::collections::BTreeMap;
use std::sync::Arc;

#[activity(retry(max_attempts = 3))]
async fn charge(cents: u64) -> Result<u64, String> {
    activity::sleep(Duration::from_secs(2)).await;
    if cents == 0 {
        return Err("nothing to pay".to_owned());
    }
    Ok(cents)
}

#[activity(schedule_to_start = "1s", retry(max_attempts = 1))]
async fn hurry() -> Result<(), String> {
    Ok(())
}

#[workflow]
async fn buy(cents: u64) -> Result<u64, String> {
    let paid = charge(cents).await.map_err(|error| error.to_string())?;
    sleep(Duration::from_secs(3_600))
        .await
        .map_err(|error| error.to_string())?;
    Ok(paid)
}

#[workflow]
async fn buy_both() -> Result<u64, String> {
    let both = join_all([charge(1), charge(2)]).await;
    let both: Result<Vec<u64>, _> = both.into_iter().collect();
    Ok(both.map_err(|error| error.to_string())?.into_iter().sum())
}

#[workflow]
async fn buy_and_hurry() -> bool {
    let (paid, hurried) = durable_runtime::join!(charge(1), hurry());
    paid.is_ok() && hurried.is_err()
}

#[workflow]
async fn gives_up() -> bool {
    durable_runtime::timeout(Duration::from_secs(1), charge(1))
        .await
        .is_err()
}

/// What was recorded, by name and labels.
#[derive(Debug)]
struct Seen(BTreeMap<String, DebugValue>);

impl Seen {
    fn of(snapshotter: &Snapshotter) -> Self {
        let all = snapshotter.snapshot().into_vec();
        let named = all.into_iter().map(|(key, _, help, value)| {
            let (_, key) = key.into_parts();
            let known = metrics::ALL.iter().find(|known| known.name == key.name());
            let known = known.unwrap_or_else(|| panic!("{} is not in the table", key.name()));
            assert_eq!(help.as_deref(), Some(known.help), "{}", known.name);
            let labels: Vec<_> = key.labels().map(Label::key).collect();
            assert_eq!(labels, known.labels, "{}", known.name);
            let values: Vec<_> = key.labels().map(Label::value).collect();
            (format!("{} {}", key.name(), values.join(" ")), value)
        });
        Self(named.collect())
    }

    fn count(&self, name: &str) -> u64 {
        match self.0.get(name) {
            Some(DebugValue::Counter(count)) => *count,
            None => 0,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn gauge(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(DebugValue::Gauge(value)) => value.0,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn values(&self, name: &str) -> Vec<f64> {
        match self.0.get(name) {
            Some(DebugValue::Histogram(values)) => {
                let mut values: Vec<_> = values.iter().map(|value| value.0).collect();
                values.sort_by(f64::total_cmp);
                values
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Counters that begin so, without the beginning.
    fn counts(&self, name: &str) -> Vec<(&str, u64)> {
        let named = self.0.iter().filter_map(|(key, value)| match value {
            DebugValue::Counter(count) if *count > 0 => {
                Some((key.strip_prefix(name)?.trim(), *count))
            }
            _ => None,
        });
        named.collect()
    }
}

#[tokio::test]
async fn a_workflow_is_counted_and_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let env = TestEnv::new();
    env.fail(charge, 1, Failure::Error("busy".to_owned()));
    // Else the first start may come before the worker.
    env.settle().await;
    let paid = start_buy(env.client(), "paid", 7).await.unwrap();
    assert_eq!(paid.result().await.unwrap(), Ok(7));
    let failed = start_buy(env.client(), "failed", 0).await.unwrap();
    failed.result().await.unwrap().unwrap_err();
    env.settle().await;

    let seen = Seen::of(&snapshotter);
    assert_eq!(seen.count("durable_runs_begun_total buy"), 2);
    assert_eq!(
        seen.counts("durable_runs_ended_total"),
        [("buy completed", 1), ("buy failed", 1)]
    );
    // Two awaits and an end; an await and an end.
    assert_eq!(seen.count("durable_steps_total buy"), 3 + 2);
    assert_eq!(
        seen.count("durable_activity_attempts_begun_total charge"),
        2 + 3
    );
    assert_eq!(
        seen.count("durable_activity_attempts_retried_total charge"),
        1 + 2
    );
    assert_eq!(
        seen.counts("durable_activity_attempts_ended_total"),
        [("charge failed", 1 + 3), ("charge succeeded", 1)]
    );
    assert_eq!(seen.gauge("durable_activity_attempts_running charge"), 0.0);
    // A planned failure takes no time.
    let took = seen.values("durable_activity_attempt_seconds charge");
    assert_eq!(took, [0.0, 0.0, 2.0, 2.0, 2.0]);
    assert_eq!(seen.values("durable_timer_lag_seconds buy"), [0.0]);
    // The hour is spent in the store, and so is the second pause of the one that fails.
    assert_eq!(seen.count("durable_runs_claimed_total default"), 2);
    assert_eq!(seen.values("durable_queue_lag_seconds default"), [0.0, 0.0]);
    assert_eq!(seen.gauge("durable_runs_owned default"), 0.0);
    let inputs = seen.values("durable_payload_bytes buy input");
    assert_eq!(inputs.len(), 2);
    assert!(seen.values("durable_payload_bytes buy checkpoint")[0] > inputs[1]);
    let writes: f64 = seen.values("durable_commit_writes default").iter().sum();
    // Two starts, five steps, four failed attempts, two parks, two ends.
    assert_eq!(writes, 15.0);
    let commits = seen.values("durable_commit_writes default").len();
    assert_eq!(seen.values("durable_commit_seconds default").len(), commits);
    assert_eq!(seen.values("durable_commit_bytes default").len(), commits);
    assert_eq!(seen.count("durable_store_errors_total default"), 0);
}

#[tokio::test]
async fn attempts_that_wait_or_are_stopped_are_measured() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let env = TestEnv::with_options(WorkerOptions {
        max_activities: 1,
        ..WorkerOptions::default()
    });
    let both = start_buy_both(env.client(), "both").await.unwrap();
    assert_eq!(both.result().await.unwrap(), Ok(3));
    // A look at the recorder takes all that it has.
    let seen = Seen::of(&snapshotter);
    let waited = seen.values("durable_activity_schedule_to_start_seconds charge");
    assert_eq!(waited, [0.0, 2.0]);

    let late = start_buy_and_hurry(env.client(), "late").await.unwrap();
    assert!(late.result().await.unwrap());
    let stopped = start_gives_up(env.client(), "stopped").await.unwrap();
    assert!(stopped.result().await.unwrap());
    env.settle().await;
    let seen = Seen::of(&snapshotter);
    assert_eq!(
        seen.counts("durable_activity_attempts_ended_total"),
        [
            ("charge stopped", 1),
            ("charge succeeded", 1),
            ("hurry not_begun", 1)
        ]
    );
    assert_eq!(seen.gauge("durable_activity_attempts_running charge"), 0.0);
}

#[tokio::test]
async fn what_waits_in_a_queue_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let env = TestEnv::new();
    env.client().queue("default").pause().await.unwrap();
    for id in ["a", "b", "c"] {
        start_buy(env.client(), id, 7).await.unwrap();
    }
    // It looks as it begins.
    env.start_worker();
    env.settle().await;
    let seen = Seen::of(&snapshotter);
    assert_eq!(seen.gauge("durable_queue_depth default"), 3.0);
    assert_eq!(seen.count("durable_runs_begun_total buy"), 0);
}

#[tokio::test]
async fn what_goes_wrong_is_counted() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let _guard = ::metrics::set_default_local_recorder(&recorder);
    let store = store::open("memory://").await.unwrap();
    // Without the activity.
    let registry = Registry::new().with_workflow(registry::workflow("buy").unwrap());
    let worker = Worker::new(store.clone(), WorkerOptions::default())
        .registry(registry)
        .clock(Arc::new(VirtualClock::new(Timestamp(1_000))));
    let client = worker.client();
    let task = tokio::spawn(worker.run(std::future::pending()));
    let handle = start_buy(&client, "blocked", 7).await.unwrap();
    let blocked = async {
        while !matches!(
            handle.describe().await.unwrap().summary.state,
            RunState::Blocked(_)
        ) {
            tokio::task::yield_now().await;
        }
    };
    let patience = Duration::from_secs(20);
    tokio::time::timeout(patience, blocked).await.unwrap();
    let seen = Seen::of(&snapshotter);
    assert_eq!(seen.count("durable_runs_blocked_total buy"), 1);
    assert_eq!(seen.count("durable_runs_quarantined_total buy"), 0);
    // Somebody declares it dead; it notices with its next commit, and begins anew.
    let dead = client.workers().await.unwrap()[0].worker;
    store.retire(dead).await.unwrap();
    start_buy(&client, "another", 7).await.unwrap();
    let again = async {
        while client.workers().await.unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(patience, again).await.unwrap();
    task.abort();

    let seen = Seen::of(&snapshotter);
    assert_eq!(
        seen.counts("durable_worker_leases_lost_total"),
        [("default dead", 1)]
    );
}
