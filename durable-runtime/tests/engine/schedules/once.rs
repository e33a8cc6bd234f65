//! Each time counts once: several workers, and cuts at every write.

use super::{after, id, minutely, runs, start_punctual};
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Running, bench, client, elsewhere, leased, on_sqlite, value};
use durable_runtime::Overlap;
use durable_runtime::clock::{Clock, VirtualClock};
use durable_runtime::engine::Worker;
use durable_runtime::store::{Phase, SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test]
async fn three_workers_start_each_time_once() {
    let bench = bench();
    let workers = [bench.worker(), bench.worker(), bench.worker()];
    for worker in &workers {
        worker.ready().await;
    }
    let client = client(&bench, &workers[0]);
    let hold = bench.clock.busy();
    start_punctual(&client, "s", "a".to_owned())
        .on_schedule(minutely().overlap(Overlap::BufferAll).limit(20))
        .await
        .unwrap();
    drop(hold);
    bench.end(&id(20)).await;
    assert_eq!(bench.seen().len(), 20);
    assert_eq!(runs(&bench).await.len(), 20);
    for worker in workers {
        worker.stop().await;
    }
}

/// Two times, with a worker that is cut at its `n`-th write, and then another worker.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> bool {
    let client = elsewhere(bench);
    let schedule = start_punctual(&client, "s", "a".to_owned())
        .on_schedule(minutely().overlap(Overlap::BufferAll).limit(2))
        .await
        .unwrap();
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let worker = Worker::new(store.clone(), leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let worker = Running::new(worker);
    let last = id(2);
    tokio::select! {
        _ = bench.end(&last) => worker.kill().await,
        () = store.cut() => {
            worker.kill().await;
            bench.pass(leased().lease * 2).await;
            let next = bench.worker_with(&leased());
            bench.end(&last).await;
            next.stop().await;
        }
    }
    let at = format!("{fault:?} at write {n}");
    let expected = [1, 2].map(|minute| (id(minute), Phase::Completed));
    assert_eq!(runs(bench).await, expected, "{at}");
    for minute in [1, 2] {
        let said: Result<(i64, u32), String> = value(&bench.end(&id(minute)).await);
        assert_eq!(said, Ok((after(minute).0, minute)), "{at}");
    }
    assert_eq!(schedule.describe().await.unwrap().summary.counts.started, 2);
    store.fired()
}

async fn each_cut(make: impl AsyncFn() -> (Bench, Box<dyn std::any::Any>)) {
    for fault in [
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::FailBefore,
        Fault::FailAfter,
    ] {
        for n in 0.. {
            let (bench, _guard) = make().await;
            if !cut(&bench, n, fault).await {
                assert!(n > 8, "only {n} writes were cut");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_time_counts_once_wherever_the_process_is_cut() {
    each_cut(async || (bench(), Box::new(()) as _)).await;
}

#[tokio::test]
async fn a_time_counts_once_wherever_the_process_is_cut_on_sqlite() {
    each_cut(async || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("schedules.db");
        let store = SqliteStore::open(path, SqliteOptions::default()).await;
        let bench = Bench::on(Arc::new(store.unwrap()), |_, _| Behave::Return);
        (bench, Box::new(folder) as _)
    })
    .await;
}

/// By a client whose clock is five minutes ahead.
async fn created_ahead(bench: Bench) {
    let worker = bench.worker();
    worker.ready().await;
    let hold = bench.clock.busy();
    let ahead = VirtualClock::new(after(5));
    start_punctual(
        &elsewhere(&bench).clock(Arc::new(ahead)),
        "s",
        "a".to_owned(),
    )
    .on_schedule(minutely().overlap(Overlap::Skip))
    .await
    .unwrap();
    let schedule = client(&bench, &worker).schedule("s").await.unwrap();
    for count in 1..=2 {
        schedule.trigger().await.unwrap();
        let mut ended = 0;
        while ended < count {
            tokio::task::yield_now().await;
            let all = runs(&bench).await;
            ended = all
                .iter()
                .filter(|(_, phase)| *phase == Phase::Completed)
                .count();
        }
    }
    assert_eq!(schedule.describe().await.unwrap().summary.counts.skipped, 0);
    drop(hold);
    worker.stop().await;
}

#[tokio::test]
async fn a_schedule_created_by_a_clock_that_is_ahead_hears_of_its_runs() {
    let (sqlite, _folder) = on_sqlite(bench()).await;
    for bench in [bench(), sqlite] {
        let seen = tokio::time::timeout(Duration::from_secs(20), created_ahead(bench));
        seen.await.expect("the second trigger starts something");
    }
}
