//! Completions from outside, wherever the process is cut that waits for them.

use super::elsewhere::{Decided, start_twice, tokens};
use super::{linked_worker, worker_with};
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, Running, elsewhere, leased, value};
use durable_runtime::client::CompletionError;
use durable_runtime::clock::Clock;
use durable_runtime::store::{MemoryStore, SqliteOptions, SqliteStore, Store};
use std::sync::Arc;

/// Completes whatever waits, as a person who tries again until the answer is clear.
async fn complete_all(bench: &Bench, id: &str) -> usize {
    let (mut accepted, mut done) = (0, 0);
    while done < 2 {
        let all = tokens(id);
        let mut distinct = all.clone();
        distinct.dedup();
        let Some(token) = distinct.get(done).copied() else {
            tokio::task::yield_now().await;
            continue;
        };
        match elsewhere(bench).activity(token).complete(&1_u32).await {
            Ok(()) => accepted += 1,
            Err(CompletionError::AlreadyCompleted(_)) => done += 1,
            Err(other) => panic!("{other}"),
        }
    }
    accepted
}

/// Runs `twice` with a worker that is cut at its `n`-th call to the store, and then with another.
/// False if it ends before that.
async fn cut(bench: &Bench, n: usize, fault: Fault, id: &str) -> bool {
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let worker = Running::new(linked_worker(store.clone(), bench, &leased()));
    // The deadline is not to be jumped to.
    let guard = bench.clock.busy();
    start_twice(&elsewhere(bench), id).await.unwrap();
    let completed = complete_all(bench, id);
    let work = async {
        tokio::select! {
            record = bench.end(id) => {
                worker.kill().await;
                record
            }
            () = store.cut() => {
                worker.kill().await;
                let lease = bench.clock.sleep_until(bench.clock.now().after(leased().lease * 2));
                drop(guard);
                let _guard = lease.await;
                let next = worker_with(bench, &leased());
                let record = bench.end(id).await;
                next.stop().await;
                record
            }
        }
    };
    let (accepted, record) = tokio::join!(completed, work);
    let at = format!("{fault:?} at call {n}");
    assert_eq!(value::<Decided>(&record), Ok(2), "{at}");
    assert_eq!(accepted, 2, "{at}");
    assert_eq!(bench.attempts(id).await, vec![], "{at}");
    let tokens = tokens(id);
    assert!(tokens.len() <= 3, "{at}: {tokens:?}");
    store.fired()
}

async fn each_cut(kind: &str, make: impl AsyncFn() -> (Arc<dyn Store>, Box<dyn std::any::Any>)) {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let (store, _folder) = make().await;
            let bench = Bench::on(store, |_, _| unreachable!());
            if !cut(&bench, n, fault, &format!("{kind} {fault:?} {n}")).await {
                assert!(n > 6, "only {n} calls were cut");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_completion_counts_once_wherever_the_process_is_cut() {
    each_cut("memory", async || {
        (Arc::new(MemoryStore::new()) as _, Box::new(()) as _)
    })
    .await;
}

#[tokio::test]
async fn a_completion_counts_once_wherever_the_process_is_cut_on_sqlite() {
    each_cut("sqlite", async || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("elsewhere.db");
        let store = SqliteStore::open(path, SqliteOptions::default()).await;
        (Arc::new(store.unwrap()) as _, Box::new(folder) as _)
    })
    .await;
}

#[tokio::test]
async fn a_completion_counts_once_wherever_the_process_is_cut_behind_codecs() {
    each_cut("coded", async || {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        (crate::coded::behind(&store, "k"), Box::new(()) as _)
    })
    .await;
}
