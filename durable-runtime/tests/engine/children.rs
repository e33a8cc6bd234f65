//! Children: started once, heard of once, closed by policy, wherever the process is cut.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Running, START, act, bench, client, elsewhere, leased, value};
use durable_runtime::engine::Worker;
use durable_runtime::operation::SpawnError;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, SqliteOptions, SqliteStore};
use std::sync::Arc;

const GO: Signal<u32> = Signal::new("go");

/// Ships one parcel.
#[workflow]
pub(crate) async fn ship(parcel: u32) -> Result<u32, String> {
    if parcel == 13 {
        return Err("unlucky".to_owned());
    }
    act(format!("ship {parcel}"))
        .await
        .map_err(|e| e.to_string())?;
    Ok(parcel * 10)
}

/// Ships all parcels, each as a child, and sums up.
#[workflow]
async fn ship_all(parcels: Vec<u32>) -> Result<Vec<String>, Error> {
    let mut children = Vec::new();
    for parcel in parcels {
        let child = ship(parcel).spawn(format!("ship-{parcel}")).await?;
        children.push(child);
    }
    let mut lines = Vec::new();
    for result in join_all(children).await {
        lines.push(format!("{:?}", result?));
    }
    Ok(lines)
}

/// Waits for a signal, or for ever.
#[workflow]
pub(crate) async fn patient() -> Result<u32, Cancelled> {
    GO.recv().await
}

/// Starts a patient child by this policy and waits for a signal of its own, to end.
#[workflow]
async fn guardian(child: String, policy: ParentClose) -> Result<u32, Error> {
    let _child = patient().spawn(child).parent_close(policy).await?;
    Ok(GO.recv().await?)
}

/// Waits for its child as long as it takes.
#[workflow]
pub(crate) async fn devoted(child: String) -> Result<u32, Error> {
    let child = patient().spawn(child).await?;
    Ok(child.await??)
}

/// Gives its child a little time, and then asks it to stop.
#[workflow]
async fn strict(child: String) -> Result<String, Error> {
    let child = patient().spawn(child).await?;
    let id = child.id().to_string();
    let mut waiting = spawn(child);
    match timeout(Duration::from_secs(60), &mut waiting).await {
        Ok(result) => Ok(format!("{:?}", result?)),
        Err(Elapsed) => {
            external(id).cancel("too slow").await?;
            Ok(format!("{:?}", waiting.await?))
        }
    }
}

/// Starts two that nobody waits for, the second with an id that is taken.
#[workflow]
async fn careless() -> Result<bool, Error> {
    patient().spawn_detached("free").await?;
    let again = patient().spawn_detached("free").await;
    Ok(matches!(again, Err(SpawnError::AlreadyStarted(id)) if id.as_str() == "free"))
}

/// Tells a patient workflow a number, twice.
#[workflow]
async fn talkative(to: String) -> Result<Vec<String>, Error> {
    let first = external(to.clone()).signal(GO, 7).await;
    sleep(Duration::from_secs(1)).await?;
    let second = external(to).signal(GO, 8).await;
    let nobody = external("nobody").signal(GO, 9).await;
    Ok(vec![
        format!("{first:?}"),
        format!("{second:?}"),
        nobody.unwrap_err().to_string(),
    ])
}

/// Counts down in runs of one step.
#[workflow]
async fn countdown(left: u32, log: Vec<u32>) -> Result<Vec<u32>, Error> {
    let told = GO.recv().await?;
    let log = [log, vec![told]].concat();
    if left == 0 {
        return Ok(log);
    }
    continue_as_new(countdown(left - 1, log)).await
}

/// Has a child that counts down.
#[workflow]
async fn with_countdown() -> Result<Vec<u32>, Error> {
    let child = countdown(2, Vec::new()).spawn("countdown").await?;
    for n in 0..3 {
        child.signal(GO, n).await?;
    }
    child.await?
}

#[tokio::test]
async fn children_give_what_they_return() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_ship_all(&client(&bench, &worker), "all", vec![1, 13, 2]).await;
    let lines = handle.unwrap().result().await.unwrap().unwrap();
    assert_eq!(lines, ["Ok(10)", "Err(\"unlucky\")", "Ok(20)"]);
    assert_eq!(bench.end("ship-13").await.phase, Phase::Failed);
    let parent = bench.end("all").await;
    assert_eq!(bench.end("ship-1").await.parent.unwrap().run, parent.run);
    worker.stop().await;
}

#[tokio::test]
async fn a_policy_says_what_becomes_of_a_child_whose_parent_ends() {
    for (policy, phase) in [
        (ParentClose::Cancel, Some(Phase::Cancelled)),
        (ParentClose::Terminate, Some(Phase::Terminated)),
        (ParentClose::Abandon, None),
    ] {
        let bench = bench();
        let worker = bench.worker();
        let client = client(&bench, &worker);
        let handle = start_guardian(&client, "g", "child".to_owned(), policy)
            .await
            .unwrap();
        handle.signal(GO, 1).await.unwrap();
        assert_eq!(handle.result().await.unwrap().unwrap(), 1);
        let Some(phase) = phase else {
            let child = client
                .handle::<Result<u32, Cancelled>>("child")
                .await
                .unwrap();
            child.signal(GO, 2).await.unwrap();
            assert_eq!(child.result().await.unwrap(), Ok(2));
            worker.stop().await;
            continue;
        };
        assert_eq!(bench.end("child").await.phase, phase, "{policy:?}");
        worker.stop().await;
    }
}

#[tokio::test]
async fn cancelling_the_parent_reaches_the_child_when_it_ends() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let handle = start_devoted(&client, "d", "child".to_owned())
        .await
        .unwrap();
    bench.until("child", |_| true).await;
    handle.cancel("enough").await.unwrap();
    let error = handle.result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "the workflow was cancelled");
    assert_eq!(bench.end("d").await.phase, Phase::Cancelled);
    assert_eq!(bench.end("child").await.phase, Phase::Cancelled);
    worker.stop().await;
}

#[tokio::test]
async fn a_child_that_is_terminated_is_an_error_of_its_own() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let handle = start_devoted(&client, "d", "child".to_owned())
        .await
        .unwrap();
    bench.until("child", |_| true).await;
    let child = client
        .handle::<Result<u32, Cancelled>>("child")
        .await
        .unwrap();
    child.terminate("by hand").await.unwrap();
    let error = handle.result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "child was terminated: by hand");
    worker.stop().await;
}

#[tokio::test]
async fn a_parent_may_stop_a_child_and_hear_of_its_end() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_strict(&client(&bench, &worker), "s", "child".to_owned())
        .await
        .unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), "Err(Cancelled)");
    let end = bench.end("child").await;
    assert_eq!(end.phase, Phase::Cancelled);
    assert_eq!(end.finished_at, Some(START.after(Duration::from_secs(60))));
    worker.stop().await;
}

#[tokio::test]
async fn a_detached_workflow_outlives_who_started_it() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let handle = start_careless(&client, "c").await.unwrap();
    assert!(handle.result().await.unwrap().unwrap());
    let free = client
        .handle::<Result<u32, Cancelled>>("free")
        .await
        .unwrap();
    free.signal(GO, 3).await.unwrap();
    assert_eq!(free.result().await.unwrap(), Ok(3));
    worker.stop().await;
}

#[tokio::test]
async fn a_workflow_signals_another_one() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let patient = start_patient(&client, "p").await.unwrap();
    let handle = start_talkative(&client, "t", "p".to_owned()).await.unwrap();
    assert_eq!(patient.result().await.unwrap(), Ok(7));
    let said = handle.result().await.unwrap().unwrap();
    assert_eq!(said[0], "Ok(())");
    assert!(
        said[1].contains("Finished") && said[1].contains("Completed"),
        "{said:?}"
    );
    assert_eq!(said[2], "there is no workflow nobody");
    worker.stop().await;
}

#[tokio::test]
async fn a_run_goes_on_as_a_new_one_with_its_messages() {
    let bench = bench();
    let client = elsewhere(&bench);
    let handle = start_countdown(&client, "c", 3, Vec::new()).await.unwrap();
    for n in 0..4 {
        handle.signal(GO, n).await.unwrap();
    }
    let first = handle.run();
    let worker = bench.worker();
    assert_eq!(handle.result().await.unwrap().unwrap(), [0, 1, 2, 3]);
    let last = bench.end("c").await;
    assert!(last.run > first);
    assert_eq!(bench.steps("c").await.len(), 2, "a new log for a new run");
    worker.stop().await;
}

#[tokio::test]
async fn a_hundred_children_at_a_time() {
    let bench = bench();
    let worker = bench.worker();
    let parcels: Vec<u32> = (100..200).collect();
    let handle = start_ship_all(&client(&bench, &worker), "all", parcels.clone()).await;
    let lines = handle.unwrap().result().await.unwrap().unwrap();
    let expected: Vec<_> = parcels.iter().map(|p| format!("Ok({})", p * 10)).collect();
    assert_eq!(lines, expected);
    worker.stop().await;
}

/// Runs `id` with a worker that is cut at its `n`-th call to the store, and then with another.
/// `None` if it ends before that.
pub(crate) async fn cut(bench: &Bench, n: usize, fault: Fault, id: &str) -> Option<RunRecord> {
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let worker = Worker::new(store.clone(), leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let worker = Running::new(worker);
    let record = tokio::select! {
        record = bench.end(id) => {
            worker.kill().await;
            record
        }
        () = store.cut() => {
            worker.kill().await;
            bench.pass(leased().lease * 2).await;
            let next = bench.worker_with(&leased());
            let record = bench.end(id).await;
            next.stop().await;
            record
        }
    };
    store.fired().then_some(record)
}

async fn each_cut(make: impl AsyncFn() -> (Bench, Box<dyn std::any::Any>)) {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let (bench, _guard) = make().await;
            let client = elsewhere(&bench);
            start_ship_all(&client, "all", vec![1, 13]).await.unwrap();
            let at = format!("{fault:?} at call {n}");
            let Some(record) = cut(&bench, n, fault, "all").await else {
                assert!(n > 12, "only {n} calls were cut");
                break;
            };
            let lines: Result<Vec<String>, Error> = value(&record);
            assert_eq!(lines.unwrap(), ["Ok(10)", "Err(\"unlucky\")"], "{at}");
            assert_eq!(bench.end("ship-1").await.phase, Phase::Completed, "{at}");
        }
        for n in 0.. {
            let (bench, _guard) = make().await;
            start_with_countdown(&elsewhere(&bench), "w").await.unwrap();
            let at = format!("{fault:?} at call {n}");
            let Some(record) = cut(&bench, n, fault, "w").await else {
                assert!(n > 12, "only {n} calls were cut");
                break;
            };
            let log: Result<Vec<u32>, Error> = value(&record);
            assert_eq!(log.unwrap(), [0, 1, 2], "{at}");
        }
    }
}

#[tokio::test]
async fn children_and_messages_count_once_wherever_the_process_is_cut() {
    each_cut(async || (bench(), Box::new(()) as _)).await;
}

#[tokio::test]
async fn children_and_messages_count_once_wherever_the_process_is_cut_on_sqlite() {
    each_cut(async || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("children.db");
        let store = SqliteStore::open(path, SqliteOptions::default()).await;
        let bench = Bench::on(Arc::new(store.unwrap()), |_, _| Behave::Return);
        (bench, Box::new(folder) as _)
    })
    .await;
}
