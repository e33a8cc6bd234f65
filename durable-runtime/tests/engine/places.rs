//! Limits of queues with whole workers: how many are under way, how many begin, whoever dies.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{
    Behave, Bench, Op, START, act, call, client, elsewhere, leased, on_sqlite, options,
    start_script,
};
use durable_runtime::Client;
use durable_runtime::clock::Clock;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunState};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Ships as children, in its own queue.
#[workflow]
pub(crate) async fn ships(parcels: u32) -> Result<usize, Error> {
    let mut children = Vec::new();
    for parcel in 0..parcels {
        children.push(loads(parcel).spawn(format!("loads-{parcel}")).await?);
    }
    let loaded = join_all(children).await;
    Ok(loaded.into_iter().flatten().flatten().count())
}

#[workflow]
async fn loads(parcel: u32) -> Result<String, Error> {
    act(format!("load {parcel}"))
        .await
        .map_err(|e| Error::msg(e.to_string()))
}

/// A bench whose activities take a second.
fn bench() -> Bench {
    Bench::new(|_, _| Behave::Take(1_000))
}

/// One in memory, and one on SQLite with the folder that it lives in.
async fn benches() -> [(Bench, Option<TempDir>); 2] {
    let (sqlite, folder) = on_sqlite(bench()).await;
    [(bench(), None), (sqlite, Some(folder))]
}

fn ops(name: &str) -> Vec<Op> {
    vec![call(name)]
}

async fn start_all(client: &Client, names: &[&str]) {
    for name in names {
        start_script(client, *name, ops(name)).await.unwrap();
    }
}

/// When each activity has begun, in milliseconds.
fn begun(bench: &Bench) -> BTreeMap<String, i64> {
    let seen = bench.seen().into_iter();
    seen.map(|(name, _, at)| (name, at)).collect()
}

#[tokio::test]
async fn no_more_than_the_limit_are_under_way_at_all_workers() {
    for (bench, _folder) in benches().await {
        let client = elsewhere(&bench);
        client.queue("default").concurrency(2).await.unwrap();
        start_all(&client, &["a", "b", "c", "d", "e"]).await;
        let workers = [bench.worker(), bench.worker()];
        for name in ["a", "b", "c", "d", "e"] {
            bench.end(name).await;
        }
        let times = begun(&bench);
        for (name, other) in [("a", "c"), ("b", "d"), ("c", "e")] {
            assert!(times[other] >= times[name] + 1_000, "{times:?}");
        }
        for worker in workers {
            worker.stop().await;
        }
    }
}

#[tokio::test]
async fn a_killed_worker_keeps_its_places_until_its_runs_end() {
    for (bench, _folder) in benches().await {
        let client = elsewhere(&bench);
        client.queue("default").concurrency(1).await.unwrap();
        let no_time_passes = bench.clock.busy();
        start_all(&client, &["a", "b"]).await;
        let first = bench.worker_with(&leased());
        bench.attempted(1).await;
        first.kill().await;
        let second = bench.worker_with(&leased());
        second.ready().await;
        let b = bench.until("b", |_| true).await;
        assert!(matches!(b.state, RunState::Waiting(_)), "{:?}", b.state);
        second.stop().await;
        drop(no_time_passes);
        bench.pass(leased().lease * 2).await;
        let third = bench.worker_with(&leased());
        bench.end("b").await;
        assert_eq!(bench.names(), ["a", "a", "b"]);
        let times = begun(&bench);
        // The second attempt of `a` begins after the lease, and `b` after its end.
        assert!(
            times["a"] >= 2_000 && times["b"] >= times["a"] + 1_000,
            "{times:?}"
        );
        third.stop().await;
    }
}

/// Four runs where two may be under way, with a worker that is cut at its `n`-th call to the store,
/// and then with another. False if they end before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> bool {
    let names = ["a", "b", "c", "d"];
    let client = elsewhere(bench);
    client.queue("default").concurrency(2).await.unwrap();
    start_all(&client, &names).await;
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let all = async {
        for name in names {
            bench.end(name).await;
        }
    };
    tokio::select! {
        () = all => {}
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            for name in names {
                bench.end(name).await;
            }
            second.stop().await;
        }
    }
    let at = format!("{fault:?} at call {n}");
    // From the first attempt of each until its end on record.
    let mut under_way = Vec::new();
    for name in names {
        let seen = bench.seen().into_iter();
        let begun = seen.filter(|(own, ..)| own == name).map(|(.., at)| at);
        let ended = bench.end(name).await.finished_at.expect("it has ended");
        under_way.push((begun.min().expect("it ran"), ended.0 - START.0));
    }
    for (begun, _) in &under_way {
        let meanwhile = under_way
            .iter()
            .filter(|(from, to)| from <= begun && begun < to);
        assert!(meanwhile.count() <= 2, "{at}: {under_way:?}");
    }
    store.fired()
}

#[tokio::test]
async fn a_limit_holds_and_nobody_is_stuck_wherever_the_process_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            if !cut(&bench(), n, fault).await {
                assert!(n > 8, "only {n} calls were cut");
                break;
            }
            let (sqlite, _folder) = on_sqlite(bench()).await;
            cut(&sqlite, n, fault).await;
        }
    }
}

#[tokio::test]
async fn one_at_a_time_for_each_key() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let no_time_passes = bench.clock.busy();
    for name in ["a1", "a2", "b1", "a3"] {
        let start = start_script(&client, name, ops(name)).concurrency_key(&name[..1], 1);
        start.await.unwrap();
    }
    bench.attempted(2).await;
    assert_eq!(bench.names(), ["a1", "b1"]);
    drop(no_time_passes);
    bench.end("a3").await;
    let times = begun(&bench);
    assert_eq!(
        [times["a2"] - times["a1"], times["a3"] - times["a2"]],
        [1_000; 2]
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_paused_queue_runs_no_code_of_starts() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    client.queue("default").pause().await.unwrap();
    let handle = start_script(&client, "a", ops("a")).await.unwrap();
    let record = bench.until("a", |_| true).await;
    assert!(
        matches!(record.state, RunState::Waiting(_)),
        "{:?}",
        record.state
    );
    let listed = client.queues().await.unwrap();
    assert_eq!((listed[0].waiting, listed[0].running), (1, 0));
    client.queue("default").resume().await.unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(vec!["a".to_owned()]));
    // Nothing is set any more: starts are at work at once again.
    start_script(&client, "b", ops("b")).await.unwrap();
    assert_eq!(bench.end("b").await.phase, Phase::Completed);
    worker.stop().await;
}

#[tokio::test]
async fn starts_have_a_rate() {
    for (bench, _folder) in benches().await {
        let client = elsewhere(&bench);
        let second = Duration::from_secs(1);
        client.queue("default").rate(2, second).await.unwrap();
        let names = ["a", "b", "c", "d", "e", "f"];
        start_all(&client, &names).await;
        let workers = [bench.worker_with(&options()), bench.worker_with(&options())];
        for name in names {
            bench.end(name).await;
        }
        let mut times: Vec<_> = bench.seen().into_iter().map(|(.., at)| at).collect();
        times.sort_unstable();
        let from = times[0];
        let times: Vec<_> = times.into_iter().map(|at| at - from).collect();
        assert_eq!(times, [0, 0, 500, 1_000, 1_500, 2_000]);
        for worker in workers {
            worker.stop().await;
        }
    }
}

#[tokio::test]
async fn children_do_not_wait_for_the_place_of_their_parent() {
    let bench = bench();
    let client = elsewhere(&bench);
    client.queue("default").concurrency(1).await.unwrap();
    let ships = start_ships(&client, "ships", 3).await.unwrap();
    start_all(&client, &["other"]).await;
    let worker = bench.worker();
    assert_eq!(ships.result().await.unwrap().unwrap(), 3);
    bench.end("other").await;
    let times = begun(&bench);
    assert!(times["other"] >= times["load 2"] + 1_000, "{times:?}");
    worker.stop().await;
}
