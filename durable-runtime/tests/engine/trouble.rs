//! Code that does not fit, code that panics, and a store that is not well.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{
    BROKEN, Behave, Bench, Op, Running, bench, call, is_blocked, on_sqlite, options, output, reason,
};
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::engine::{Health, Worker, WorkerError};
use durable_runtime::operation::Resolution;
use durable_runtime::registry::{AttemptEnd, Registry, workflow};
use durable_runtime::store::{AttemptOf, Phase, StoreError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn an_unknown_activity_blocks_its_run_until_a_binary_has_it() {
    let bench = Bench::new(|_, _| Behave::Return);
    bench.start("s", &[Op::Sleep(5), call("a")]).await;
    bench.start("other", &[Op::Sleep(5)]).await;
    let script = Registry::new().with_workflow(workflow("script").unwrap());
    let poor = Running::new(bench.prepare(&options()).registry(script));
    let record = bench.until("s", is_blocked).await;
    assert_eq!(reason(&record), "this worker has no activity `act`");
    assert_eq!(bench.end("other").await.phase, Phase::Completed);
    poor.stop().await;
    let rich = bench.worker();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["slept", "a"]);
    rich.stop().await;
}

#[tokio::test]
async fn an_input_that_does_not_fit_blocks() {
    let bench = Bench::new(|_, _| Behave::Return);
    let mut new = bench.new_run("s", &[]);
    new.input = codec::ArgsBuilder::new().arg("ops", &5).finish().unwrap();
    bench.store.start(new).await.unwrap();
    let worker = bench.worker();
    let record = bench.until("s", is_blocked).await;
    assert!(
        reason(&record).starts_with("input, local ops"),
        "{}",
        reason(&record)
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_result_that_does_not_fit_is_kept_and_not_asked_for_again() {
    let bench = Bench::new(|_, _| Behave::Return);
    bench.start("s", &[call("a")]).await;
    let inner = bench.registry().activity("act").unwrap().clone();
    let wrong = bench.registry().with_activity_fn(
        "act",
        Arc::new(move |context, args: &[u8]| {
            let body = inner(context, args)?;
            Ok(Box::pin(async move {
                let resolution = Resolution::Returned(codec::encode(&5_u8).unwrap());
                AttemptEnd {
                    resolution,
                    ..body.await
                }
            }))
        }),
    );
    let first = Running::new(bench.prepare(&options()).registry(wrong));
    let record = bench.until("s", is_blocked).await;
    assert!(
        reason(&record).contains("the awaited result"),
        "{}",
        reason(&record)
    );
    first.stop().await;
    // The next one tries the kept answer, not the activity.
    let second = bench.worker();
    second.ready().await;
    bench.start("other", &[call("b")]).await;
    bench.end("other").await;
    bench.until("s", is_blocked).await;
    assert_eq!(bench.names(), ["a", "b"]);
    second.stop().await;
}

#[tokio::test]
async fn code_that_panics_is_tried_again_and_heals() {
    let bench = Bench::new(|_, _| Behave::Return);
    BROKEN.store(true, Ordering::SeqCst);
    bench.start("s", &[call("a"), Op::Break, call("b")]).await;
    let first = bench.worker();
    for count in [1, 3] {
        while bench.attempts("s").await.len() < count {
            tokio::task::yield_now().await;
        }
    }
    first.kill().await;
    let bench_clock = bench.clock.clone();
    BROKEN.store(false, Ordering::SeqCst);
    // Nobody retired the first worker: its lease is over only for a later clock.
    let far = durable_runtime::clock::VirtualClock::new(durable_runtime::id::Timestamp(
        durable_runtime::clock::Clock::now(&bench_clock).0 + 200 * 365 * 86_400_000,
    ));
    let worker = Worker::new(bench.store.clone(), options())
        .registry(bench.registry())
        .clock(Arc::new(far));
    let second = Running::new(worker);
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap(), ["a", "whole", "b"]);
    assert_eq!(bench.names(), ["a", "b"], "the answer to `a` was kept");
    let attempts = bench.attempts("s").await;
    assert!(
        attempts
            .iter()
            .all(|a| matches!(a.of, AttemptOf::Workflow { .. }) && a.error == "broken")
    );
    let pauses: Vec<_> = attempts
        .iter()
        .take(3)
        .map(|a| a.next_at.0 - a.at.0)
        .collect();
    assert_eq!(pauses, [1_000, 2_000, 4_000]);
    bench.steps("s").await;
    second.stop().await;
}

#[tokio::test]
async fn work_resumes_by_itself_when_the_store_is_well_again() {
    let bench = Bench::new(|_, _| Behave::Return);
    bench.start("s", &[call("a"), call("b")]).await;
    let store = FaultyStore::new(bench.store.clone(), 4, Fault::Down);
    let worker = Worker::new(store.clone(), options())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let worker = Running::new(worker);
    let mut health = worker.link.health();
    let trouble = |health: &Health| matches!(health, Health::StoreTrouble(_));
    health.wait_for(trouble).await.unwrap();
    let before = bench.until("s", |_| true).await;
    assert_eq!(before.phase, Phase::Running);
    store.heal();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "b"]);
    assert_eq!(bench.names(), ["a", "b"], "nothing ran twice");
    health
        .wait_for(|health| *health == Health::Well)
        .await
        .unwrap();
    worker.stop().await;
}

#[tokio::test]
async fn writes_that_the_store_refuses_block_their_run_alone() {
    // unblock, register, mark_dead and claim come before the commits.
    for at in 4..6 {
        let bench = Bench::new(|_, _| Behave::Return);
        bench.start("s", &[call("a"), call("b")]).await;
        let store = FaultyStore::new(bench.store.clone(), at, Fault::Refuse);
        let worker = Worker::new(store.clone(), options())
            .registry(bench.registry())
            .clock(Arc::new(bench.clock.clone()));
        let worker = Running::new(worker);
        let record = bench.until("s", is_blocked).await;
        assert!(reason(&record).contains("a refusal"), "{}", reason(&record));
        bench.start("other", &[call("c")]).await;
        assert_eq!(output(&bench.end("other").await).unwrap(), ["c"]);
        bench.steps("s").await;
        worker.stop().await;
        // A later worker goes on where the store knows it.
        let second = bench.worker();
        assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "b"]);
        bench.steps("s").await;
        second.stop().await;
    }
}

#[tokio::test]
async fn a_long_error_is_cut_for_people_and_kept_for_the_code() {
    let bench = Bench::new(|_, _| Behave::FailForGood);
    let worker = bench.worker();
    let long = "ä".repeat(5_000);
    bench.start("s", &[call(&long)]).await;
    let record = bench.end("s").await;
    assert_eq!(output(&record).unwrap_err(), format!("no {long}"));
    let shown = record.error.unwrap();
    assert!(
        shown.len() < 4_200 && shown.ends_with('…'),
        "{} bytes",
        shown.len()
    );
    assert!(bench.attempts("s").await[0].error.len() < 4_200);
    worker.stop().await;
}

#[tokio::test]
async fn a_closed_store_ends_the_worker() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.prepare(&options());
    bench.store.close().await.unwrap();
    let ended = worker.run(std::future::pending()).await;
    assert_eq!(ended, Err(WorkerError::Store(StoreError::Closed)));
}

/// Nothing that it wrote would be what the newer one reads.
#[tokio::test]
async fn a_worker_ends_when_a_newer_version_opens_its_database() {
    let (bench, folder) = on_sqlite(bench()).await;
    let guard = bench.clock.busy();
    bench.start("s", &[Op::Sleep(5), call("a")]).await;
    let worker = bench.prepare(&options());
    let running = tokio::spawn(worker.run(std::future::pending()));
    while bench.steps("s").await.is_empty() {
        tokio::task::yield_now().await;
    }
    let newer = rusqlite::Connection::open(folder.path().join("bench.db")).unwrap();
    let own = newer.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    let own = own.unwrap();
    let found = own + 1;
    newer.pragma_update(None, "user_version", found).unwrap();
    // The sleep is over, and the worker is to write.
    drop(guard);
    let ended = tokio::time::timeout(Duration::from_secs(20), running).await;
    let error = ended.expect("within 20 s").unwrap().unwrap_err();
    let outdated = StoreError::Outdated { found, own };
    let text = outdated.to_string();
    assert!(text.contains("start the newer version"), "{text}");
    assert_eq!(error, WorkerError::Store(outdated));
    assert_eq!(bench.names(), Vec::<String>::new());
}
