//! What a cancellation does to an activity that runs.

use super::{worker, worker_with};
use crate::support::{Bench, Running, START, bench, client, leased};
use durable_runtime::activity;
use durable_runtime::clock::Clock;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::store::{MessageKind, Phase, RunRecord};
use std::sync::Mutex;

/// What the bodies have done, of all tests, by the id of their workflow.
static DONE: Mutex<Vec<(String, &'static str)>> = Mutex::new(Vec::new());

fn did(what: &'static str) {
    let workflow = activity::context().unwrap().workflow_id;
    DONE.lock().unwrap().push((workflow, what));
}

fn done(workflow: &str) -> Vec<&'static str> {
    let all = DONE.lock().unwrap();
    let own = all.iter().filter(|(of, _)| of == workflow);
    own.map(|(_, what)| *what).collect()
}

/// Takes an hour; what it does when it is told to stop within it.
#[activity(start_to_close = "2h", retry(jitter = 0.0))]
async fn long(when_told: String) -> Result<String, String> {
    if when_told == "deaf" {
        activity::sleep(Duration::from_secs(3_600)).await;
        did("whole");
        return Ok("whole".to_owned());
    }
    let cancelled = activity::cancellation();
    tokio::select! {
        biased;
        () = cancelled.cancelled() => {}
        () = activity::sleep(Duration::from_secs(3_600)) => {
            did("whole");
            return Ok("whole".to_owned());
        }
    }
    assert!(cancelled.is_cancelled());
    did("told");
    activity::sleep(Duration::from_secs(60)).await;
    did("cleaned up");
    match when_told.as_str() {
        "value" => Ok("half".to_owned()),
        "error" => Err("broken off".to_owned()),
        "panic" => panic!("broken off"),
        _ => cancelled.confirm().await,
    }
}

/// Says what the call gave, and what the sleep after it.
#[workflow]
async fn cancels(kind: CancellationType, when_told: String) -> Result<String, String> {
    let call = long(when_told).cancellation(kind).await;
    let call = match call {
        Ok(value) => value,
        Err(ActivityError::Cancelled) => "cancelled".to_owned(),
        Err(ActivityError::Failed(error)) => error,
        Err(other) => other.to_string(),
    };
    let after = sleep(Duration::from_secs(10)).await;
    Err(format!(
        "{call}, then {}",
        if after.is_ok() { "slept" } else { "cancelled" }
    ))
}

/// A workflow whose activity has run for a minute when it is cancelled: how it ends, and after how
/// many seconds. The worker goes on for two hours.
async fn cancelled(kind: CancellationType, when_told: &str) -> (String, i64, Vec<&'static str>) {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let id = format!("{kind:?} {when_told}");
    let record = cancel_after_a_minute(&bench, &worker, &id, kind, when_told).await;
    bench.pass(Duration::from_secs(7_200)).await;
    worker.stop().await;
    let seconds = (record.finished_at.unwrap().0 - START.0) / 1_000;
    assert_eq!(
        record.phase,
        Phase::Cancelled,
        "its code has been told, in the end"
    );
    let end = crate::support::value::<Result<String, String>>(&record);
    (end.unwrap_err(), seconds, done(&id))
}

async fn cancel_after_a_minute(
    bench: &Bench,
    worker: &Running,
    id: &str,
    kind: CancellationType,
    when_told: &str,
) -> RunRecord {
    let guard = bench.clock.busy();
    let minute = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(60)));
    let client = client(bench, worker);
    let started = start_cancels(&client, id, kind, when_told.to_owned()).await;
    started.unwrap();
    drop(guard);
    let guard = minute.await;
    bench.send(id, "c", MessageKind::Cancel).await;
    worker.link.poke();
    drop(guard);
    bench.end(id).await
}

#[tokio::test]
async fn try_ends_the_call_at_once_and_lets_a_body_that_listens_clean_up() {
    let at_once = |did: &[&'static str]| ("cancelled, then slept".to_owned(), 70, did.to_vec());
    let tried = cancelled(CancellationType::Try, "confirm").await;
    assert_eq!(tried, at_once(&["told", "cleaned up"]));
    let tried = cancelled(CancellationType::Try, "deaf").await;
    assert_eq!(tried, at_once(&[]), "it is stopped");
}

#[tokio::test]
async fn wait_ends_the_call_when_the_body_ends() {
    let cleaned = vec!["told", "cleaned up"];
    for (when_told, call) in [
        ("confirm", "cancelled, then slept"),
        ("error", "broken off, then slept"),
        ("panic", "the activity panicked, then slept"),
        // The cancellation has reached nobody yet.
        ("value", "half, then cancelled"),
    ] {
        let (end, seconds, did) = cancelled(CancellationType::Wait, when_told).await;
        assert_eq!((end.as_str(), &did), (call, &cleaned), "{when_told}");
        assert_eq!(seconds, if when_told == "value" { 120 } else { 130 });
    }
    // One that does not ask is not stopped either.
    let (end, seconds, did) = cancelled(CancellationType::Wait, "deaf").await;
    assert_eq!((end.as_str(), seconds), ("whole, then cancelled", 3_600));
    assert_eq!(did, ["whole"]);
}

#[tokio::test]
async fn abandon_ends_the_call_at_once_and_leaves_the_body_alone() {
    for when_told in ["confirm", "deaf"] {
        let abandoned = cancelled(CancellationType::Abandon, when_told).await;
        let expected = ("cancelled, then slept".to_owned(), 70, vec!["whole"]);
        assert_eq!(abandoned, expected, "{when_told}");
    }
}

#[tokio::test]
async fn a_loser_is_told_and_not_waited_for() {
    let bench = bench();
    let options = durable_runtime::WorkerOptions {
        shutdown_grace: Duration::from_secs(600),
        ..crate::support::options()
    };
    let worker = worker_with(&bench, &options);
    worker.ready().await;
    let handle = start_gives_up(&client(&bench, &worker), "loser").await;
    let result = handle.unwrap().result().await.unwrap();
    assert_eq!(result.unwrap(), "too late");
    let record = bench.end("loser").await;
    assert_eq!(
        record.finished_at,
        Some(START.after(Duration::from_secs(5)))
    );
    // In good order the worker waits for what goes on in the background.
    worker.stop().await;
    assert_eq!(done("loser"), ["told", "cleaned up"]);
}

#[workflow]
async fn gives_up() -> Result<String, Error> {
    let call = long("confirm".to_owned()).cancellation(CancellationType::Wait);
    Ok(match timeout(Duration::from_secs(5), call).await {
        Ok(_) => "in time".to_owned(),
        Err(_) => "too late".to_owned(),
    })
}

/// A branch that waits for its activity beside one that does not.
#[workflow]
async fn both() -> Result<String, String> {
    let waits = long("confirm".to_owned()).cancellation(CancellationType::Wait);
    let (call, nap) = join!(waits, sleep(Duration::from_secs(600)));
    Err(format!("{call:?}, {nap:?}"))
}

/// The worker dies while the activity is cleaning up.
#[tokio::test]
async fn what_was_told_to_stop_does_not_begin_again_elsewhere() {
    let bench = bench();
    let first = worker_with(&bench, &leased());
    first.ready().await;
    let guard = bench.clock.busy();
    let minute = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(60)));
    let clean_up = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(90)));
    let started = start_both(&client(&bench, &first), "both").await;
    started.unwrap();
    drop(guard);
    let guard = minute.await;
    bench.send("both", "c", MessageKind::Cancel).await;
    first.link.poke();
    drop(guard);
    let guard = clean_up.await;
    // The sleep has ended, and that is on record with the step that consumed the cancellation.
    let run = bench.until("both", |_| true).await.run;
    assert_eq!(bench.store.inbox(run).await, Ok(vec![]));
    first.kill().await;
    drop(guard);
    bench.pass(leased().lease * 2).await;
    let second = worker_with(&bench, &leased());
    let record = bench.end("both").await;
    let end = crate::support::value::<Result<String, String>>(&record);
    assert_eq!(end, Err("Err(Cancelled), Err(Cancelled)".to_owned()));
    assert_eq!(record.phase, Phase::Cancelled);
    assert_eq!(done("both"), ["told"], "no second attempt was made");
    second.stop().await;
}

/// Holds the only slot of a worker for ten seconds.
#[activity]
async fn slot() {
    activity::sleep(Duration::from_secs(10)).await;
}

#[workflow]
async fn queues() -> Result<String, Error> {
    let second = slot().schedule_to_start(Duration::from_secs(4));
    let third = slot().schedule_to_start(Duration::from_secs(40));
    let (first, second, third) = join!(slot(), second, third);
    Ok(format!("{first:?}, {second:?}, {third:?}"))
}

#[tokio::test]
async fn an_attempt_waits_no_longer_than_it_may_for_a_slot() {
    let bench = bench();
    let options = durable_runtime::WorkerOptions {
        max_activities: 1,
        ..crate::support::options()
    };
    let worker = worker_with(&bench, &options);
    worker.ready().await;
    let handle = start_queues(&client(&bench, &worker), "s").await.unwrap();
    let ends = handle.result().await.unwrap().unwrap();
    assert_eq!(ends, "Ok(()), Err(TimedOut(ScheduleToStart)), Ok(())");
    assert_eq!(bench.attempts("s").await.len(), 1, "it is not repeated");
    worker.stop().await;
}
