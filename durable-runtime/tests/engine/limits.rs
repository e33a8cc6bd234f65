//! How many messages wait for a run: a limit that refuses, and loses nothing.

use crate::signals::{ADD, start_collect};
use crate::support::{Behave, Bench, bench, client, elsewhere, on_sqlite, options};
use durable_runtime::client::{ClientError, SignalError, StartError, UNREAD_MAX};
use durable_runtime::engine::WorkerOptions;
use durable_runtime::operation::SendError;
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;

const GO: Signal<()> = Signal::new("go on");

/// Sends so many numbers to a workflow; gives how many it took, and why no more.
#[workflow]
async fn feed(to: String, count: u64) -> (u64, Option<SendError>) {
    for n in 0..count {
        if let Err(error) = external(to.clone()).signal(ADD, n).await {
            return (n, Some(error));
        }
    }
    (count, None)
}

/// Waits before it takes three numbers.
#[workflow]
async fn late_reader() -> Result<Vec<u64>, Cancelled> {
    GO.recv().await?;
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(ADD.recv().await?);
    }
    Ok(all)
}

async fn a_full_inbox_refuses(bench: Bench) {
    let client = client_of_three(&bench);
    let handle = start_late_reader(&client, "s").await.unwrap();
    for n in 0..3 {
        handle.signal(ADD, n).id(n.to_string()).await.unwrap();
    }
    let refused = handle.signal(ADD, 3).id("3").await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "workflow `s` has 3 unread messages, or 64 MiB of them, so it was sent no more"
    );
    // One that is there already is no new one.
    handle.signal(ADD, 1).id("1").await.unwrap();
    assert_eq!(handle.describe().await.unwrap().unread, 3);
    // A start that finds it running says so too.
    let started = start_late_reader(&client, "s").with_signal(ADD, 3).await;
    assert!(matches!(started, Err(StartError::Full(_))), "{started:?}");
    // Who knows what it does may send more: here what the reader waits for.
    elsewhere(&bench)
        .handle::<()>("s")
        .await
        .unwrap()
        .signal(GO, ())
        .await
        .unwrap();
    let worker = bench.worker();
    assert_eq!(handle.result().await.unwrap().unwrap(), [0, 1, 2]);
    worker.stop().await;
}

fn client_of_three(bench: &Bench) -> Client {
    elsewhere(bench).unread_max(3)
}

#[tokio::test]
async fn a_full_inbox_refuses_and_loses_nothing() {
    a_full_inbox_refuses(bench()).await;
}

#[tokio::test]
async fn a_full_inbox_refuses_and_loses_nothing_on_sqlite() {
    let (bench, _folder) = on_sqlite(bench()).await;
    a_full_inbox_refuses(bench).await;
}

#[tokio::test]
async fn what_is_read_makes_room() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker).unread_max(2);
    let handle = start_collect(&client, "s", 50).await.unwrap();
    for n in 0..50 {
        loop {
            match handle.signal(ADD, n).await {
                Ok(()) => break,
                Err(SignalError::Client(ClientError::Full { unread_max, .. })) => {
                    assert_eq!(unread_max, 2);
                    tokio::task::yield_now().await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    let all: Vec<_> = (0..50).collect();
    assert_eq!(handle.result().await.unwrap().unwrap(), all);
    worker.stop().await;
}

#[tokio::test]
async fn a_workflow_is_told_that_another_one_takes_no_more() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker_with(&WorkerOptions {
        unread_max: 5,
        ..options()
    });
    let client = client(&bench, &worker);
    let reader = start_late_reader(&client, "reader").await.unwrap();
    let feeder = start_feed(&client, "feeder", "reader".into(), 9)
        .await
        .unwrap();
    let (taken, error) = feeder.result().await.unwrap();
    assert_eq!(taken, 5);
    assert_eq!(
        error.unwrap().to_string(),
        "reader has too many unread messages"
    );
    reader.terminate("enough").await.unwrap();
    worker.stop().await;
}

#[tokio::test]
async fn an_inbox_holds_ten_thousand() {
    let bench = bench();
    let client = elsewhere(&bench);
    let handle = start_late_reader(&client, "s").await.unwrap();
    for n in 0..u64::from(UNREAD_MAX) {
        handle.signal(ADD, n).await.unwrap();
    }
    assert!(handle.signal(ADD, 0).await.is_err());
    // It can still be stopped.
    handle.cancel("enough").await.unwrap();
    let worker = bench.worker();
    assert_eq!(bench.end("s").await.phase, Phase::Cancelled);
    worker.stop().await;
}
