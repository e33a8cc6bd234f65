//! Heartbeats, and what the next attempt reads of them.

use super::{linked, worker, worker_with};
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Running, START, bench, client, leased};
use durable_runtime::activity::{self, Progress};
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::engine::Worker;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::store::{
    MemoryStore, NewRun, Phase, RunRecord, SqliteOptions, SqliteStore, Store,
};
use std::sync::{Arc, Mutex};

/// Where each attempt of [`batch`] began, of all tests, by the id of its workflow.
static BEGAN: Mutex<Vec<(String, usize)>> = Mutex::new(Vec::new());

fn began(workflow: &str) -> Vec<usize> {
    let all = BEGAN.lock().unwrap();
    let own = all.iter().filter(|(of, _)| of == workflow);
    own.map(|(_, at)| *at).collect()
}

/// Does `count` things of a second each. An attempt fails after `worth` of them.
#[activity(
    start_to_close = "10m",
    heartbeat = "5s",
    retry(jitter = 0.0, max_attempts = 5)
)]
async fn batch(count: usize, worth: usize, beats: bool) -> Result<usize, String> {
    let from: usize = activity::heartbeat_details().unwrap_or(0);
    let workflow = activity::context().unwrap().workflow_id;
    BEGAN.lock().unwrap().push((workflow, from));
    for done in from..count {
        if done == from + worth {
            return Err(format!("failed after {worth}"));
        }
        activity::sleep(Duration::from_secs(1)).await;
        if beats {
            activity::heartbeat(&(done + 1));
        }
    }
    Ok(count)
}

#[workflow]
async fn batches(count: usize, worth: usize, beats: bool) -> Result<usize, ActivityError<String>> {
    let mut call = batch(count, worth, beats);
    if !beats {
        call = call.heartbeat(Duration::from_secs(60));
    }
    call.await
}

#[tokio::test]
async fn the_next_attempt_goes_on_where_the_last_heartbeat_was() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let handle = start_batches(&client(&bench, &worker), "batch", 20, 6, true);
    assert_eq!(handle.await.unwrap().result().await.unwrap(), Ok(20));
    assert_eq!(began("batch"), [0, 6, 12, 18]);
    // Of what is over nothing is left.
    let run = bench.end("batch").await.run;
    assert_eq!(bench.store.notes(run).await, Ok(vec![]));
    worker.stop().await;
}

#[tokio::test]
async fn without_heartbeats_each_attempt_begins_anew() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let handle = start_batches(&client(&bench, &worker), "anew", 20, 6, false);
    let failed = Err(ActivityError::Failed("failed after 6".to_owned()));
    assert_eq!(handle.await.unwrap().result().await.unwrap(), failed);
    assert_eq!(began("anew"), [0; 5]);
    worker.stop().await;
}

/// What is on record of the only activity of a run.
async fn on_record(bench: &Bench, run: &RunRecord) -> Option<usize> {
    let notes = bench.store.notes(run.run).await.unwrap();
    let (_, body) = notes.first()?;
    let progress: Progress = codec::decode(body).unwrap();
    Some(codec::decode(&progress.details).unwrap())
}

/// The lease of a dead worker ends while nobody is there.
async fn lease_ends(bench: &Bench) {
    bench.pass(leased().lease * 2).await;
}

/// Kills the worker at `millis`, in the 20 seconds of a batch, and answers where the second attempt
/// began.
async fn killed_at(id: &str, millis: u64) -> (Option<usize>, Vec<usize>) {
    let bench = bench();
    let first = worker_with(&bench, &leased());
    first.ready().await;
    let guard = bench.clock.busy();
    let then = bench
        .clock
        .sleep_until(START.after(Duration::from_millis(millis)));
    let started = start_batches(&client(&bench, &first), id, 20, 100, true);
    started.await.unwrap();
    drop(guard);
    let guard = then.await;
    let run = bench.until(id, |_| true).await;
    first.kill().await;
    let recorded = on_record(&bench, &run).await;
    drop(guard);
    lease_ends(&bench).await;
    let second = worker_with(&bench, &leased());
    let record = bench.end(id).await;
    assert_eq!(record.phase, Phase::Completed);
    second.stop().await;
    (recorded, began(id))
}

#[tokio::test]
async fn a_killed_worker_loses_what_was_said_in_the_last_four_fifths_of_the_time_out() {
    // The first at 1 s, then every 4 s: at 5 s, at 9 s.
    assert_eq!(killed_at("k1", 500).await, (None, vec![0, 0]));
    assert_eq!(killed_at("k2", 4_500).await, (Some(1), vec![0, 1]));
    assert_eq!(killed_at("k3", 8_900).await, (Some(5), vec![0, 5]));
    assert_eq!(killed_at("k4", 9_500).await, (Some(9), vec![0, 9]));
}

#[tokio::test]
async fn a_worker_that_stops_in_good_order_loses_nothing() {
    let bench = bench();
    let options = durable_runtime::WorkerOptions {
        shutdown_grace: Duration::ZERO,
        ..leased()
    };
    let first = worker_with(&bench, &options);
    first.ready().await;
    let guard = bench.clock.busy();
    let then = bench
        .clock
        .sleep_until(START.after(Duration::from_millis(8_900)));
    let started = start_batches(&client(&bench, &first), "stopped", 20, 100, true);
    started.await.unwrap();
    drop(guard);
    let guard = then.await;
    first.stop().await;
    let second = worker_with(&bench, &options);
    drop(guard);
    assert_eq!(bench.end("stopped").await.phase, Phase::Completed);
    assert_eq!(began("stopped"), [0, 8]);
    second.stop().await;
}

/// Says heartbeats for a while, and then hangs.
#[activity(
    start_to_close = "1h",
    heartbeat = "10s",
    retry(jitter = 0.0, max_attempts = 3)
)]
async fn hangs(after: u64) -> u32 {
    let before: u32 = activity::heartbeat_details().unwrap_or(0);
    if before == 2 {
        return before;
    }
    for _ in 0..after {
        activity::sleep(Duration::from_secs(9)).await;
        activity::heartbeat(&(before + 1));
    }
    activity::sleep(Duration::from_secs(3_000)).await;
    0
}

#[workflow]
async fn hanging(after: u64) -> Result<u32, ActivityError<durable_runtime::operation::Infallible>> {
    hangs(after).await
}

#[tokio::test]
async fn an_attempt_that_says_nothing_in_time_is_stopped_and_repeated() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let client = client(&bench, &worker);
    let handle = start_hanging(&client, "h", 2).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(2));
    let record = bench.end("h").await;
    // 18 s with heartbeats, 10 s of silence, a second; the same with two seconds; and no time.
    assert_eq!(
        record.finished_at,
        Some(START.after(Duration::from_secs(28 + 1 + 28 + 2)))
    );
    let errors = bench.attempts("h").await;
    assert!(
        errors
            .iter()
            .all(|failed| failed.error == "timed out (Heartbeat)")
    );
    // One that never says anything.
    let handle = start_hanging(&client, "mute", 0).await.unwrap();
    let timed_out = Err(ActivityError::TimedOut(TimeoutKind::Heartbeat));
    assert_eq!(handle.result().await.unwrap(), timed_out);
    assert_eq!(bench.attempts("mute").await.len(), 3);
    worker.stop().await;
}

/// Runs a batch of two attempts whose process is cut after the call to the store with this number.
/// `None` if it ends before that.
async fn cut_after(store: Arc<dyn Store>, call: usize) -> Option<Vec<usize>> {
    let id = format!("cut after {call} of {store:?}")
        .chars()
        .take(200)
        .collect::<String>();
    let bench = Bench::on(store, |_, _| Behave::Return);
    let new = NewRun {
        workflow: "batches".into(),
        input: codec::ArgsBuilder::new()
            .arg("count", &12_usize)
            .arg("worth", &6_usize)
            .arg("beats", &true)
            .finish()
            .unwrap(),
        ..bench.new_run(&id, &[])
    };
    bench.store.start(new).await.unwrap();
    let store = FaultyStore::new(bench.store.clone(), call, Fault::CutAfter);
    let worker = Worker::new(store.clone(), leased())
        .registry(linked().without::<super::methods::Payments>())
        .clock(Arc::new(bench.clock.clone()));
    let first = Running::new(worker);
    let record = tokio::select! {
        record = bench.end(&id) => record,
        () = store.cut() => {
            first.kill().await;
            lease_ends(&bench).await;
            let second = worker_with(&bench, &leased());
            let record = bench.end(&id).await;
            second.stop().await;
            record
        }
    };
    assert_eq!(record.phase, Phase::Completed, "cut after call {call}");
    store.fired().then(|| began(&id))
}

#[tokio::test]
async fn heartbeats_survive_a_cut_after_every_call_to_the_store() {
    let mut call = 0;
    let folder = tempfile::tempdir().unwrap();
    loop {
        let path = folder.path().join(format!("{call}.db"));
        let sqlite = SqliteStore::open(path, SqliteOptions::default()).await;
        let in_memory = cut_after(Arc::new(MemoryStore::new()), call).await;
        let on_disk = cut_after(Arc::new(sqlite.unwrap()), call).await;
        let (Some(in_memory), Some(on_disk)) = (in_memory, on_disk) else {
            break;
        };
        for began in [in_memory, on_disk] {
            // No attempt goes further back than the one before it.
            assert!(began.is_sorted(), "cut after call {call}: {began:?}");
            assert!(
                *began.last().unwrap() >= 6,
                "cut after call {call}: {began:?}"
            );
        }
        call += 1;
    }
    assert!(call > 8, "only {call} calls");
}
