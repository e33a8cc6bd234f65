//! What a worker takes of its queue, and what it leaves to others.

use super::*;
use crate::coded::behind;
use crate::faulty::{Fault, FaultyStore};
use durable_runtime::engine::Worker;
use durable_runtime::store::QueueChange;
use std::sync::Arc;

/// Starts so many workflows, `0`, `1`, …, whose activities wait then, the first the longest.
async fn start_all(bench: &Bench, count: usize) {
    let client = elsewhere(bench);
    for n in 0..count {
        let id = n.to_string();
        start_far(&client, id.as_str(), id.clone()).await.unwrap();
        waiting(bench, &id).await;
        bench.pass(Duration::from_millis(1)).await;
    }
}

async fn all_end(bench: &Bench, count: usize) {
    for n in 0..count {
        let record = bench.end(&n.to_string()).await;
        assert_eq!(value::<Acted>(&record), Ok(n.to_string()));
    }
    assert_eq!(bench.names().len(), count, "each once");
}

/// How many activities wait on `gpu`, and how many are at a worker.
async fn on_queue(bench: &Bench) -> (u64, u64) {
    let queue = bench.store.task_queues().await.unwrap().remove(0);
    (queue.waiting, queue.running)
}

/// What has no room before the limit of its activity is left to workers that have.
#[tokio::test]
async fn a_worker_takes_no_more_than_a_limit_lets_in() {
    for (bench, _folder) in benches(|_, _| Behave::Take(5_000)).await {
        let near = near(&bench);
        start_all(&bench, 5).await;
        let guard = bench.clock.busy();
        let first = gpu(&bench, &serving("gpu").at_most("act", 2));
        bench.attempted(2).await;
        assert_eq!(on_queue(&bench).await, (3, 2));
        let second = gpu(&bench, &serving("gpu"));
        bench.attempted(5).await;
        drop(guard);
        all_end(&bench, 5).await;
        near.stop().await;
        first.stop().await;
        second.stop().await;
    }
}

/// One waits at the worker for the rate, so that it is there in time; the others wait in the store.
#[tokio::test]
async fn one_waits_for_the_rate_of_its_activity() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        start_all(&bench, 4).await;
        let guard = bench.clock.busy();
        let began = bench.clock.now();
        let rate = serving("gpu").rate("act", 1, Duration::from_secs(60));
        let worker = gpu(&bench, &rate);
        bench.attempted(1).await;
        // The first has ended, one waits for its turn.
        let wait = async {
            while on_queue(&bench).await != (2, 1) {
                tokio::task::yield_now().await;
            }
        };
        let within = tokio::time::timeout(Duration::from_secs(20), wait).await;
        within.expect("within 20 s");
        drop(guard);
        all_end(&bench, 4).await;
        let at: Vec<_> = bench.seen().iter().map(|(_, _, at)| *at).collect();
        let first = began.0 - crate::support::START.0;
        let expected = [0, 60_000, 120_000, 180_000].map(|after| first + after);
        assert_eq!(at, expected);
        near.stop().await;
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_paused_queue_gives_no_activities_away() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        let pause = |paused| QueueChange {
            paused: Some(paused),
            ..QueueChange::default()
        };
        let paused = bench.store.change_queue("gpu", pause(true)).await;
        assert!(paused.unwrap().paused);
        start_all(&bench, 1).await;
        let worker = gpu(&bench, &serving("gpu"));
        worker.ready().await;
        bench.pass(Duration::from_secs(60)).await;
        assert_eq!(on_queue(&bench).await, (1, 0));
        let resumed = bench.store.change_queue("gpu", pause(false)).await;
        assert!(!resumed.unwrap().paused);
        all_end(&bench, 1).await;
        near.stop().await;
        worker.stop().await;
    }
}

/// A worker without the key can carry out nothing, and spoils nothing.
#[tokio::test]
async fn a_worker_without_the_key_leaves_it_to_others() {
    for (mut bench, _folder) in benches(|_, _| Behave::Return).await {
        let bare = bench.store.clone();
        bench.store = behind(&bare, "a");
        let near = near(&bench);
        start_all(&bench, 1).await;
        let registry = activities(&bench);
        let store = behind(&bare, "b");
        let without = Worker::new(store, mortal("gpu"))
            .registry(registry)
            .clock(Arc::new(bench.clock.clone()));
        let without = Running::new(without);
        without.ready().await;
        // It has looked more than once.
        bench.pass(mortal("gpu").lease * 2).await;
        waiting(&bench, "0").await;
        assert_eq!(bench.names(), [""; 0]);
        let with = gpu(&bench, &mortal("gpu"));
        all_end(&bench, 1).await;
        assert_eq!(bench.attempts("0").await, []);
        near.stop().await;
        without.stop().await;
        with.stop().await;
    }
}

/// What a claim brings to a worker that stops does not wait for the end of what that has under way.
#[tokio::test]
async fn a_claim_at_the_moment_of_a_shutdown_is_given_back() {
    for (bench, _folder) in benches(|name, _| match name {
        "long" => Behave::Take(3_600_000),
        _ => Behave::Return,
    })
    .await
    {
        let near = near(&bench);
        let guard = bench.clock.busy();
        let client = elsewhere(&bench);
        start_far(&client, "long", "long".to_owned()).await.unwrap();
        waiting(&bench, "long").await;
        let store = FaultyStore::new(bench.store.clone(), 1, Fault::StallTasks);
        let worker = Worker::new(store.clone(), serving("gpu"))
            .registry(activities(&bench))
            .clock(Arc::new(bench.clock.clone()));
        let mut first = Running::new(worker);
        bench.attempted(1).await;
        start_far(&client, "other", "other".to_owned())
            .await
            .unwrap();
        store.at_fault().await;
        first.stopping().await;
        store.heal();
        let claimed = async {
            while store.claims() < 2 {
                tokio::task::yield_now().await;
            }
        };
        let within = tokio::time::timeout(Duration::from_secs(20), claimed);
        within.await.expect("within 20 s");
        waiting(&bench, "other").await;
        let second = gpu(&bench, &serving("gpu"));
        let record = bench.end("other").await;
        assert_eq!(value::<Acted>(&record), Ok("other".to_owned()));
        assert_eq!(bench.names(), ["long", "other"], "the first still works");
        drop(guard);
        first.stop().await;
        second.stop().await;
        near.stop().await;
    }
}
