//! Ended workflows are deleted after a while.

use crate::support::{bench, call, client, leased};
use durable_runtime::client::ClientError;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::prelude::*;

/// Is kept for an hour.
#[workflow(retention = "1h")]
pub(crate) async fn kept(value: u32) -> Result<u32, Cancelled> {
    sleep(Duration::from_secs(1)).await?;
    Ok(value)
}

#[tokio::test]
async fn workers_delete_what_ended_long_ago() {
    let bench = bench();
    let options = WorkerOptions {
        retention: Some(Duration::from_secs(600)),
        ..leased()
    };
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
        drop(durable_runtime::clock::Clock::sleep_until(&bench.clock, at).await);
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
    let guard = durable_runtime::clock::Clock::busy(&bench.clock);
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
