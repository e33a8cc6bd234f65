//! Workers that are lost, or leave, while activities of other queues are under way.

use super::*;
use crate::coded::behind;
use crate::support::{Running, START};
use durable_runtime::activity;
use durable_runtime::engine::Worker;
use durable_runtime::store::{AttemptRecord, Phase};
use std::sync::{Arc, Mutex};

const HOUR: Duration = Duration::from_secs(3_600);

/// What each attempt of [`counted`] has found of the ones before, by workflow.
static FOUND: Mutex<Vec<(String, u32, Option<u32>)>> = Mutex::new(Vec::new());

/// Says how far it has come, and takes an hour; a third attempt, or one that finds that it has come
/// far, has nothing left to do.
#[activity(
    queue = "gpu",
    start_to_close = "2h",
    heartbeat = "90m",
    retry(jitter = 0.0)
)]
async fn counted(fails: bool) -> Result<u32, String> {
    let context = activity::context().unwrap();
    let found: Option<u32> = activity::heartbeat_details();
    let seen = (context.workflow_id.clone(), context.attempt, found);
    FOUND.lock().unwrap().push(seen);
    if let Some(found) = found {
        return Ok(found);
    }
    activity::heartbeat(&7_u32);
    if fails {
        if context.workflow_id.starts_with("later") {
            // Meanwhile the heartbeat comes on record.
            activity::sleep(Duration::from_secs(60)).await;
        }
        return Err("broken".to_owned());
    }
    activity::sleep(HOUR).await;
    Ok(0)
}

#[workflow]
async fn counts(fails: bool) -> Result<u32, ActivityError<String>> {
    counted(fails).await
}

fn found(workflow: &str) -> Vec<(u32, Option<u32>)> {
    let all = FOUND.lock().unwrap();
    let own = all.iter().filter(|(of, ..)| of == workflow);
    own.map(|(_, attempt, found)| (*attempt, *found)).collect()
}

fn of_queue(bench: &Bench, options: &WorkerOptions) -> Running {
    let counted = registry::activity("counted").unwrap();
    let registry = Registry::new().with_activity(counted);
    Running::new(bench.prepare(options).registry(registry))
}

/// Waits until the heartbeat of its attempt is on record.
async fn has_beaten(bench: &Bench, id: &str) {
    let beaten = |tasks: &[TaskRecord]| tasks.iter().any(|task| task.beat_at.is_some());
    tasks(bench, id, beaten).await;
}

fn errors(failed: &[AttemptRecord]) -> Vec<(u32, &str)> {
    let failed = failed.iter();
    failed.map(|a| (a.attempt, a.error.as_str())).collect()
}

/// Lets the lease of a killed worker end, and the pause after that; who lives keeps its own.
async fn lease_ends(bench: &Bench) {
    for _ in 0..9 {
        bench.pass(mortal("gpu").lease / 3).await;
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_a_killed_worker_had_is_repeated_by_another() {
    for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let id = format!("killed {at}");
        let guard = bench.clock.busy();
        let near = near(&bench);
        let first = of_queue(&bench, &mortal("gpu"));
        let client = elsewhere(&bench);
        let handle = start_counts(&client, id.as_str(), false).await.unwrap();
        has_beaten(&bench, &id).await;
        first.kill().await;
        drop(guard);
        bench.pass(mortal("gpu").lease * 2).await;
        let second = of_queue(&bench, &mortal("gpu"));
        assert_eq!(handle.result().await.unwrap(), Ok(7));
        assert_eq!(found(&id), [(1, None), (2, Some(7))]);
        let failed = bench.attempts(&id).await;
        assert_eq!(errors(&failed), [(1, "the worker that had it has died")]);
        is_clean(&bench, &id).await;
        near.stop().await;
        second.stop().await;
    }
}

/// No worker of its queue is left: its workflow hears of it from its own.
#[tokio::test]
async fn what_the_last_worker_had_fails_without_another() {
    for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let id = format!("last {at}");
        let guard = bench.clock.busy();
        let own = bench.prepare(&mortal("default")).registry(workflows());
        let near = Running::new(own);
        let last = of_queue(&bench, &mortal("gpu"));
        let client = elsewhere(&bench);
        start_counts(&client, id.as_str(), false).await.unwrap();
        has_beaten(&bench, &id).await;
        last.kill().await;
        drop(guard);
        // Its lease ends, and the pause before the next attempt, which waits then.
        lease_ends(&bench).await;
        let again = |tasks: &[TaskRecord]| tasks.iter().any(|task| task.attempt == 2);
        let waiting = tasks(&bench, &id, again).await;
        assert_eq!(waiting[0].worker, None);
        let failed = bench.attempts(&id).await;
        assert_eq!(errors(&failed), [(1, "the worker that had it has died")]);
        near.stop().await;
    }
}

/// A worker that lacks the key tells nothing either: nobody could read it.
#[tokio::test]
async fn a_worker_without_the_key_tells_nothing_of_what_is_lost() {
    for (at, (mut bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let id = format!("keyless {at}");
        let bare = bench.store.clone();
        bench.store = behind(&bare, "a");
        let last = of_queue(&bench, &mortal("gpu"));
        let guard = bench.clock.busy();
        let client = elsewhere(&bench);
        let owner = bench.prepare(&mortal("default")).registry(workflows());
        let owner = Running::new(owner);
        start_counts(&client, id.as_str(), false).await.unwrap();
        has_beaten(&bench, &id).await;
        // Nobody is left who could read it.
        last.kill().await;
        owner.kill().await;
        let keyless = Worker::new(behind(&bare, "b"), mortal("other"))
            .registry(workflows())
            .clock(Arc::new(bench.clock.clone()));
        let keyless = Running::new(keyless);
        keyless.ready().await;
        drop(guard);
        lease_ends(&bench).await;
        waiting(&bench, &id).await;
        assert_eq!(bench.attempts(&id).await, []);
        let near = near(&bench);
        let second = of_queue(&bench, &mortal("gpu"));
        assert_eq!(bench.end(&id).await.phase, Phase::Completed);
        assert_eq!(found(&id), [(1, None), (2, Some(7))]);
        let failed = bench.attempts(&id).await;
        assert_eq!(errors(&failed), [(1, "the worker that had it has died")]);
        near.stop().await;
        second.stop().await;
        keyless.stop().await;
    }
}

/// A worker that stops in good order gives back what it does not end: no attempt has failed.
#[tokio::test]
async fn what_a_stopped_worker_had_goes_on_at_another() {
    for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let id = format!("stopped {at}");
        let near = near(&bench);
        let mut first = of_queue(&bench, &serving("gpu"));
        let guard = bench.clock.busy();
        let client = elsewhere(&bench);
        let handle = start_counts(&client, id.as_str(), false).await.unwrap();
        has_beaten(&bench, &id).await;
        first.stopping().await;
        drop(guard);
        first.stop().await;
        waiting(&bench, &id).await;
        let second = of_queue(&bench, &serving("gpu"));
        assert_eq!(handle.result().await.unwrap(), Ok(7));
        assert_eq!(found(&id), [(1, None), (1, Some(7))]);
        assert_eq!(bench.attempts(&id).await, []);
        near.stop().await;
        second.stop().await;
    }
}

#[tokio::test]
async fn a_failed_attempt_leaves_its_heartbeat_to_the_next() {
    for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
        let near = near(&bench);
        let gpu = of_queue(&bench, &serving("gpu"));
        let client = elsewhere(&bench);
        for id in [format!("failed {at}"), format!("later {at}")] {
            let handle = start_counts(&client, id.as_str(), true).await.unwrap();
            assert_eq!(handle.result().await.unwrap(), Ok(7));
            assert_eq!(found(&id), [(1, None), (2, Some(7))]);
            assert_eq!(errors(&bench.attempts(&id).await), [(1, "broken")]);
        }
        near.stop().await;
        gpu.stop().await;
    }
}

/// The workflow's own worker is lost meanwhile: another one takes it over, and the activity, which
/// knows nothing of that, ends it.
#[tokio::test]
async fn the_workflow_may_change_its_worker_meanwhile() {
    for (bench, _folder) in benches(|_, _| Behave::Take(60_000)).await {
        let guard = bench.clock.busy();
        let own = WorkerOptions {
            // It stays in memory until it is killed.
            park_after: HOUR,
            ..mortal("default")
        };
        let first = Running::new(bench.prepare(&own).registry(workflows()));
        let gpu = gpu(&bench, &serving("gpu"));
        let client = elsewhere(&bench);
        let limits = Limits {
            one: Some(HOUR),
            ..Limits::default()
        };
        let kind = CancellationType::Try;
        let handle = start_far_with(&client, "w", "a".to_owned(), limits, kind);
        let handle = handle.await.unwrap();
        bench.attempted(1).await;
        first.kill().await;
        drop(guard);
        bench.pass(own.lease * 2).await;
        let second = Running::new(bench.prepare(&own).registry(workflows()));
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        let record = bench.end("w").await;
        assert!(record.finished_at.unwrap().0 - START.0 >= 60_000);
        assert_eq!(bench.names(), ["a"], "it was carried out once");
        assert_eq!(bench.attempts("w").await, []);
        is_clean(&bench, "w").await;
        second.stop().await;
        gpu.stop().await;
    }
}

/// A worker that was declared dead goes on as another one, and what it had is repeated.
#[tokio::test]
async fn a_worker_that_was_declared_dead_counts_for_nothing() {
    for (bench, _folder) in benches(|_, attempt| match attempt {
        1 => Behave::Take(10_000),
        _ => Behave::Return,
    })
    .await
    {
        let guard = bench.clock.busy();
        let near = near(&bench);
        let gpu = gpu(&bench, &mortal("gpu"));
        let client = elsewhere(&bench);
        let handle = start_far(&client, "w", "a".to_owned()).await.unwrap();
        bench.attempted(1).await;
        // Somebody whose clock is ahead.
        let ahead = bench.clock.now().after(HOUR);
        bench.store.mark_dead(ahead).await.unwrap();
        drop(guard);
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        let numbers: Vec<_> = bench.seen().iter().map(|(_, n, _)| *n).collect();
        assert_eq!(numbers, [1, 2]);
        let failed = bench.attempts("w").await;
        assert_eq!(errors(&failed), [(1, "the worker that had it has died")]);
        near.stop().await;
        gpu.stop().await;
    }
}
