//! Turns in a queue: by priority and fairness, kept by what follows from a start.

use crate::support::{Op, bench, call, client, elsewhere, leased, options, start_script};
use durable_runtime::StartError;
use durable_runtime::clock::Clock;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::id::WorkflowId;
use durable_runtime::prelude::*;
use durable_runtime::store::{Fairness, InvalidPriority, Phase, Queueing, RunRecord};

const GO: Signal<u32> = Signal::new("go");

/// Ends with a signal.
#[workflow]
async fn told() -> Result<u32, Cancelled> {
    GO.recv().await
}

/// Starts one child as it is itself, one that is urgent, and one that nobody waits for.
#[workflow]
async fn inherits() -> Result<u32, Error> {
    let like_me = told().spawn("like-me").await?;
    let urgent = told()
        .spawn("urgent")
        .priority(1)
        .fairness("b", 3.0)
        .await?;
    told().spawn_detached("detached").await?;
    Ok(like_me.await?? + urgent.await??)
}

/// Goes on as a new run once it is told to, and fails in the second.
#[workflow]
async fn goes_on(first: bool) -> Result<u32, Error> {
    let told = GO.recv().await?;
    if first {
        return continue_as_new(goes_on(false)).await;
    }
    Err(Error::msg(format!("told {told}")))
}

/// One run at a time.
fn narrow() -> WorkerOptions {
    WorkerOptions {
        max_running: 1,
        ..options()
    }
}

fn ops(name: &str) -> Vec<Op> {
    vec![call(name)]
}

async fn record(bench: &crate::support::Bench, id: &str) -> RunRecord {
    let id = WorkflowId::new(id).unwrap();
    bench.store.find(&id).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_urgent_begin_first() {
    let bench = bench();
    let client = elsewhere(&bench);
    for (name, priority) in [("a", 4), ("b", 3), ("c", 1), ("d", 5), ("e", 2)] {
        let start = start_script(&client, name, ops(name)).priority(priority);
        start.await.unwrap();
    }
    start_script(&client, "f", ops("f")).await.unwrap();
    let worker = bench.worker_with(&narrow());
    bench.end("d").await;
    assert_eq!(bench.names(), ["c", "e", "b", "f", "a", "d"]);
    worker.stop().await;
}

#[tokio::test]
async fn tenants_begin_in_turn() {
    let bench = bench();
    let client = elsewhere(&bench);
    for name in ["a1", "a2", "a3", "a4", "b1", "b2", "c1"] {
        let start = start_script(&client, name, ops(name)).fairness(&name[..1], 1.0);
        start.await.unwrap();
    }
    let worker = bench.worker_with(&narrow());
    bench.end("a4").await;
    assert_eq!(bench.names(), ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_start_beside_its_worker_joins_the_line() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let no_time_passes = bench.clock.busy();
    let later = start_script(&client, "later", ops("later"))
        .fairness("a", 1.0)
        .delay(Duration::from_secs(60));
    later.await.unwrap();
    // The line is there, so it does not begin past it; and nobody is before it.
    let plain = start_script(&client, "plain", ops("plain")).await.unwrap();
    assert_eq!(plain.result().await.unwrap(), Ok(vec!["plain".to_owned()]));
    let keyed = start_script(&client, "keyed", ops("keyed")).fairness("b", 1.0);
    let keyed = keyed.await.unwrap();
    assert_eq!(keyed.result().await.unwrap(), Ok(vec!["keyed".to_owned()]));
    drop(no_time_passes);
    bench.end("later").await;
    assert_eq!(bench.names(), ["plain", "keyed", "later"]);
    worker.stop().await;
}

#[tokio::test]
async fn children_have_the_turns_of_their_parent() {
    let bench = bench();
    let worker = bench.worker_with(&leased());
    worker.ready().await;
    let client = client(&bench, &worker);
    let start = start_inherits(&client, "parent")
        .priority(2)
        .fairness("a", 0.5)
        .concurrency_key("not for children", 1);
    let handle = start.await.unwrap();
    bench.until("parent", |_| true).await;
    let like_parent = Queueing {
        priority: Some(2),
        fairness: Some(Fairness::new("a", 0.5)),
        concurrency: None,
    };
    for id in ["like-me", "urgent", "detached"] {
        while client.handle::<u32>(id).await.is_err() {
            tokio::task::yield_now().await;
        }
        client
            .handle::<u32>(id)
            .await
            .unwrap()
            .signal(GO, 4)
            .await
            .unwrap();
    }
    assert_eq!(handle.result().await.unwrap().unwrap(), 8);
    bench.end("detached").await;
    for id in ["like-me", "detached"] {
        assert_eq!(record(&bench, id).await.queueing, like_parent);
    }
    let own = Queueing {
        priority: Some(1),
        fairness: Some(Fairness::new("b", 3.0)),
        concurrency: None,
    };
    assert_eq!(record(&bench, "urgent").await.queueing, own);
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_goes_on_or_is_tried_again_keeps_its_turns() {
    let bench = bench();
    let worker = bench.worker();
    let client = elsewhere(&bench);
    let start = start_goes_on(&client, "chain", true)
        .priority(4)
        .fairness("a", 2.0)
        .retry(RetryPolicy {
            max_attempts: Some(2),
            ..RetryPolicy::default()
        });
    let handle = start.await.unwrap();
    let queueing = record(&bench, "chain").await.queueing;
    assert_eq!(queueing.priority, Some(4));
    let mut runs = vec![record(&bench, "chain").await.run];
    for n in 0..3 {
        let last = *runs.last().unwrap();
        handle.signal(GO, n).await.unwrap();
        let next = bench.until("chain", |run| {
            run.run != last || run.phase != Phase::Running
        });
        let next = next.await;
        assert_eq!(next.queueing, queueing, "after {n}");
        runs.push(next.run);
    }
    assert!(
        runs[1] != runs[0] && runs[2] != runs[1] && runs[3] == runs[2],
        "{runs:?}"
    );
    assert_eq!(bench.end("chain").await.phase, Phase::Failed);
    worker.stop().await;
}

#[tokio::test]
async fn what_is_no_priority_starts_nothing() {
    let bench = bench();
    let client = elsewhere(&bench);
    for priority in [0, 6] {
        let error = start_script(&client, "a", ops("a"))
            .priority(priority)
            .await;
        let error = error.unwrap_err();
        assert!(matches!(&error, StartError::Priority(InvalidPriority(p)) if *p == priority));
        assert!(
            error.to_string().contains("from 1, the first, to 5"),
            "{error}"
        );
    }
    assert!(client.handle::<u32>("a").await.is_err());
}
