//! Ended workflows are deleted after a while.

use crate::faulty::{Fault, FaultyStore};
use crate::places::start_ships;
use crate::support::{Bench, Running, bench, call, client, elsewhere, leased, on_sqlite};
use durable_runtime::client::ClientError;
use durable_runtime::clock::Clock;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::prelude::*;
use std::sync::Arc;

/// Is kept for an hour.
#[workflow(retention = "1h")]
pub(crate) async fn kept(value: u32) -> Result<u32, Cancelled> {
    sleep(Duration::from_secs(1)).await?;
    Ok(value)
}

/// So many seconds after their end all are deleted.
fn forgetful(seconds: u64) -> WorkerOptions {
    WorkerOptions {
        retention: Some(Duration::from_secs(seconds)),
        ..leased()
    }
}

#[tokio::test]
async fn workers_delete_what_ended_long_ago() {
    let bench = bench();
    let options = forgetful(600);
    let worker = bench.worker_with(&options);
    let client = client(&bench, &worker);
    let hour = start_kept(&client, "hour", 7).await.unwrap();
    assert_eq!(hour.result().await.unwrap().unwrap(), 7);
    // More than a batch.
    let mut all = Vec::new();
    for n in 0..250 {
        let start = crate::support::start_script(&client, format!("s{n}"), vec![call("a")]);
        all.push(start.await.unwrap());
    }
    for handle in &all {
        handle.result().await.unwrap().unwrap();
    }
    let gone =
        async |id: &str| matches!(client.handle::<()>(id).await, Err(ClientError::NotFound(_)));
    let after = async |seconds: u64| {
        let at = crate::support::START.after(Duration::from_secs(seconds));
        drop(bench.clock.sleep_until(at).await);
    };
    let until_gone = async |id: String| {
        let wait = async {
            while !gone(&id).await {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("it is deleted");
    };
    after(620).await;
    for n in 0..250 {
        until_gone(format!("s{n}")).await;
    }
    after(3_580).await;
    assert!(!gone("hour").await, "its own period is longer");
    after(3_620).await;
    until_gone("hour".to_owned()).await;
    // An id is free again once it is deleted.
    let again = start_kept(&client, "hour", 8).await.unwrap();
    assert_eq!(again.result().await.unwrap().unwrap(), 8);
    worker.stop().await;
}

#[tokio::test]
async fn a_client_deletes_what_has_ended() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let guard = bench.clock.busy();
    let handle = start_kept(&client, "k", 7).await.unwrap();
    assert_eq!(
        client.delete("k").await,
        Err(ClientError::Running(handle.id().clone()))
    );
    drop(guard);
    handle.result().await.unwrap().unwrap();
    assert_eq!(client.delete("k").await, Ok(()));
    assert_eq!(
        client.delete("k").await,
        Err(ClientError::NotFound(handle.id().clone()))
    );
    worker.stop().await;
}

/// Lets time pass until none of these is on record.
async fn gone(bench: &Bench, ids: &[&str]) {
    let client = elsewhere(bench);
    let wait = async {
        for id in ids {
            while client.handle::<()>(*id).await.is_ok() {
                bench.pass(Duration::from_secs(1)).await;
                // The workers have their turn too.
                tokio::task::yield_now().await;
            }
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(20), wait).await;
    within.expect("they are deleted");
}

/// A parent and its children are deleted by a worker that is cut at its `n`-th call to the store, or by
/// the next. False if they are before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> bool {
    let ids = ["ships", "loads-0", "loads-1"];
    start_ships(&elsewhere(bench), "ships", 2).await.unwrap();
    let worker = bench.worker();
    for id in ids {
        bench.end(id).await;
    }
    worker.stop().await;
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let worker = Worker::new(store.clone(), forgetful(2))
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let first = Running::new(worker);
    tokio::select! {
        () = gone(bench, &ids) => first.kill().await,
        () = store.cut() => {
            first.kill().await;
            let second = bench.worker_with(&forgetful(2));
            gone(bench, &ids).await;
            second.stop().await;
        }
    }
    // All of it: the ids are free.
    let worker = bench.worker();
    let again = start_ships(&elsewhere(bench), "ships", 2).await.unwrap();
    let at = format!("{fault:?} at call {n}");
    assert_eq!(again.result().await.unwrap().unwrap(), 2, "{at}");
    worker.stop().await;
    store.fired()
}

#[tokio::test]
async fn a_family_is_deleted_as_a_whole_wherever_the_process_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            if !cut(&bench(), n, fault).await {
                assert!(n > 3, "only {n} calls were cut");
                break;
            }
            let (sqlite, _folder) = on_sqlite(bench()).await;
            cut(&sqlite, n, fault).await;
        }
    }
}
