//! Sagas and shields: what is undone, in which order, and what a cancellation does not reach.

use crate::faulty::{Fault, FaultyStore, cut_at_each_call};
use crate::support::{Behave, Bench, START, act, client, elsewhere, leased, on_sqlite, value};
use durable_runtime::client::Answer;
use durable_runtime::clock::Clock;
use durable_runtime::prelude::*;
use durable_runtime::store::{MessageKind, Phase, RunRecord, SqliteOptions, SqliteStore};
use std::sync::Arc;

/// Undoes a step by two activities.
#[workflow]
async fn undo_twice(step: u32) -> Result<(), String> {
    for part in ["a", "b"] {
        let undone = act(format!("undo {step}{part}")).await;
        undone.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Four steps; the undo of the third is a workflow.
#[workflow]
async fn steps(saga: &mut Saga) -> Result<String, Error> {
    for step in 1..=4 {
        act(format!("step {step}")).await.map_err(Error::msg)?;
        if step == 3 {
            saga.push(undo_twice(step));
        } else {
            saga.push(act(format!("undo {step}")));
        }
    }
    Ok("done".to_owned())
}

#[workflow]
async fn saga() -> Result<String, SagaError> {
    let mut saga = Saga::new();
    match steps(&mut saga).await {
        Ok(done) => Ok(done),
        Err(error) => Err(saga.compensate(error).await),
    }
}

/// Sleeps where a cancellation does not reach it, and then where it does.
#[workflow]
async fn shielded() -> Result<String, String> {
    let first = shield(sleep(Duration::from_secs(60))).await;
    let second = sleep(Duration::from_secs(60)).await;
    Err(format!("{first:?}, {second:?}"))
}

/// One branch is shielded, the other is not.
#[workflow]
async fn half() -> Result<(), String> {
    let (first, second) = join!(
        shield(clean_up("slow".to_owned())),
        sleep(Duration::from_secs(600)),
    );
    Err(format!("{first:?}, {second:?}"))
}

#[workflow]
async fn clean_up(name: String) -> Result<String, Error> {
    sleep(Duration::from_secs(60)).await?;
    act(name).await.map_err(Error::msg)
}

/// A shield does not outlive the wait for it; a handle to it does.
#[workflow]
async fn outlived() -> Result<String, Error> {
    let lost = timeout(Duration::from_secs(1), shield(clean_up("lost".to_owned()))).await;
    let kept = spawn(shield(clean_up("kept".to_owned())));
    kept.abort();
    Ok(format!("{lost:?}, {:?}", kept.await?))
}

/// Runs the saga with activities that behave so.
async fn run(behave: impl Fn(&str) -> Behave + Send + Sync + 'static) -> (Bench, RunRecord) {
    let bench = Bench::new(move |name, _| behave(name));
    let worker = bench.worker();
    start_saga(&client(&bench, &worker), "s").await.unwrap();
    let record = bench.end("s").await;
    worker.stop().await;
    (bench, record)
}

#[tokio::test]
async fn what_was_done_is_undone_newest_first() {
    let (bench, record) = run(|name| match name {
        "step 4" => Behave::FailForGood,
        _ => Behave::Return,
    })
    .await;
    let log = [
        "step 1", "step 2", "step 3", "step 4", "undo 3a", "undo 3b", "undo 2", "undo 1",
    ];
    assert_eq!(bench.names(), log);
    let error = value::<Result<String, SagaError>>(&record).unwrap_err();
    assert_eq!(error.to_string(), "no step 4");
    assert_eq!((error.failed.len(), record.phase), (0, Phase::Failed));
}

#[tokio::test]
async fn nothing_is_undone_of_what_succeeds() {
    let (bench, record) = run(|_| Behave::Return).await;
    assert_eq!(bench.names().len(), 4);
    assert_eq!(record.phase, Phase::Completed);
}

#[tokio::test]
async fn an_undo_that_fails_does_not_stop_the_others() {
    let (bench, record) = run(|name| match name {
        "step 4" | "undo 3a" | "undo 2" => Behave::FailForGood,
        _ => Behave::Return,
    })
    .await;
    assert_eq!(bench.names()[4..], ["undo 3a", "undo 2", "undo 1"]);
    let error = value::<Result<String, SagaError>>(&record).unwrap_err();
    assert_eq!(error.cause.to_string(), "no step 4");
    let text = "no step 4 (not undone: undo_twice: no undo 3a; act: no undo 2)";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_cancellation_does_not_reach_the_undos() {
    let bench = Bench::new(|name, _| match name {
        "step 3" | "undo 2" => Behave::Take(60_000),
        _ => Behave::Return,
    });
    let worker = bench.worker();
    let guard = bench.clock.busy();
    let handle = start_saga(&client(&bench, &worker), "s").await.unwrap();
    bench.attempted(3).await;
    handle.cancel("enough").await.unwrap();
    bench.attempted(4).await;
    // A second one, while it is undoing.
    bench.send("s", "again", MessageKind::Cancel).await;
    worker.link.poke();
    drop(guard);
    let error = handle.result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the activity was cancelled");
    assert_eq!(bench.names()[3..], ["undo 2", "undo 1"]);
    assert_eq!(
        *bench.ended.lock().unwrap(),
        ["step 1", "step 2", "undo 2", "undo 1"]
    );
    assert_eq!(bench.end("s").await.phase, Phase::Cancelled);
    worker.stop().await;
}

#[tokio::test]
async fn a_cancellation_waits_behind_a_shield() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker();
    let guard = bench.clock.busy();
    let handle = start_shielded(&client(&bench, &worker), "s").await.unwrap();
    handle.cancel("enough").await.unwrap();
    drop(guard);
    let said = handle.result().await.unwrap().unwrap_err();
    assert_eq!(said, "Ok(()), Err(Cancelled)");
    let record = bench.end("s").await;
    let minute = START.after(Duration::from_secs(60));
    assert_eq!(
        (record.phase, record.finished_at),
        (Phase::Cancelled, Some(minute))
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_cancellation_reaches_what_is_not_shielded() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker();
    let guard = bench.clock.busy();
    let handle = start_half(&client(&bench, &worker), "h").await.unwrap();
    handle.cancel("enough").await.unwrap();
    drop(guard);
    let said = handle.result().await.unwrap().unwrap_err();
    assert_eq!(said, "Ok(\"slow\"), Err(Cancelled)");
    let record = bench.end("h").await;
    assert_eq!(
        record.finished_at,
        Some(START.after(Duration::from_secs(60)))
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_shield_ends_with_the_wait_for_it_and_not_with_an_abort() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker();
    let handle = start_outlived(&client(&bench, &worker), "o").await.unwrap();
    let said = handle.result().await.unwrap().unwrap();
    assert_eq!(said, "Err(Elapsed), \"kept\"");
    assert_eq!(bench.names(), ["kept"]);
    worker.stop().await;
}

/// A saga that fails, with a worker that is cut at its `n`-th call to the store. `None` if it ends
/// before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let client = Client::new(bench.store.clone()).clock(Arc::new(bench.clock.clone()));
    start_saga(&client, "s").await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    tokio::select! {
        _ = bench.end("s") => first.kill().await,
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            bench.end("s").await;
            second.stop().await;
        }
    }
    // At most one attempt was lost with its record, and was made again with the same key.
    let mut log = bench.log.lock().unwrap().clone();
    let begun = log.len();
    log.dedup_by(|again, before| again.key == before.key);
    assert!(begun <= log.len() + 1, "{fault:?} at call {n}: {log:?}");
    let names: Vec<_> = log.into_iter().map(|attempt| attempt.name).collect();
    let expected = [
        "step 1", "step 2", "step 3", "step 4", "undo 3a", "undo 3b", "undo 2", "undo 1",
    ];
    assert_eq!(names, expected, "{fault:?} at call {n}");
    store.fired().then_some(())
}

fn failing(name: &str) -> Behave {
    match name {
        "step 4" => Behave::FailForGood,
        _ => Behave::Return,
    }
}

#[tokio::test]
async fn each_undo_counts_once_wherever_the_process_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let bench = Bench::new(|name, _| failing(name));
            if cut(&bench, n, fault).await.is_none() {
                assert!(n > 8, "only {n} calls were cut");
                break;
            }
        }
    }
}

#[tokio::test]
async fn each_undo_counts_once_wherever_the_process_is_cut_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("sagas.db");
            let store = SqliteStore::open(path, SqliteOptions::default()).await;
            let bench = Bench::on(Arc::new(store.unwrap()), |name, _| failing(name));
            if cut(&bench, n, fault).await.is_none() {
                assert!(n > 8, "only {n} calls were cut");
                break;
            }
        }
    }
}

/// A saga that is cancelled in its third step, with a worker that is cut at its `n`-th call.
async fn cut_and_cancelled(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let client = elsewhere(bench);
    let now = bench.clock.busy();
    let handle = start_saga(&client, "s").await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let story = async {
        let third = async {
            while !bench.names().contains(&"step 3".to_owned()) {
                tokio::task::yield_now().await;
            }
        };
        third.await;
        handle.cancel("enough").await.unwrap();
        first.link.poke();
        drop(now);
        bench.end("s").await;
    };
    tokio::select! {
        () = story => first.kill().await,
        () = store.cut() => {
            first.kill().await;
            // Who has cancelled it does not know whether that has arrived; it may have ended since.
            let _ = handle.cancel("enough").await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            bench.end("s").await;
            second.stop().await;
        }
    }
    let context = format!("{fault:?} at call {n}");
    let record = bench.end("s").await;
    assert_eq!(record.phase, Phase::Cancelled, "{context}");
    let error = value::<Result<String, SagaError>>(&record).unwrap_err();
    assert_eq!(error.failed.len(), 0, "{context}");
    let mut log = bench.log.lock().unwrap().clone();
    let begun = log.len();
    log.dedup_by(|again, before| again.key == before.key);
    assert!(begun <= log.len() + 1, "{context}: {log:?}");
    let names: Vec<_> = log.iter().map(|attempt| &*attempt.name).collect();
    // What is on record as done is undone; the answer of the last step may have been lost.
    let recorded = handle.steps(0, 100).await.unwrap();
    let answers = recorded.into_iter().filter_map(|step| step.end);
    let answers = answers.flat_map(|end| end.answers);
    let returned: Vec<_> = answers
        .filter_map(|end| match end.answer {
            Answer::Returned(value) => Some(value.as_str().unwrap().to_owned()),
            _ => None,
        })
        .collect();
    let done = returned
        .iter()
        .filter(|name| name.starts_with("step"))
        .count();
    let undone = &["undo 2", "undo 1"][2 - done..];
    assert_eq!(returned[done..], *undone, "{context}");
    let steps = names.iter().filter(|name| name.starts_with("step")).count();
    assert!((done..=done + 1).contains(&steps), "{context}: {names:?}");
    assert_eq!(names[steps..], *undone, "{context}");
    store.fired().then_some(())
}

#[tokio::test]
async fn what_was_done_is_undone_once_wherever_the_process_is_cut_and_cancelled() {
    let bench = || {
        Bench::new(|name, _| match name {
            "step 3" => Behave::Take(60_000),
            _ => Behave::Return,
        })
    };
    cut_at_each_call(8, async |n, fault| {
        cut_and_cancelled(&bench(), n, fault).await
    })
    .await;
    cut_at_each_call(8, async |n, fault| {
        let (bench, _folder) = on_sqlite(bench()).await;
        cut_and_cancelled(&bench, n, fault).await
    })
    .await;
}
