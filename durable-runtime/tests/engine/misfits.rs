//! Runs that a worker cannot go on with: written by another version, damaged, or deadly.

use crate::faulty::FaultyStore;
use crate::support::{
    Behave, Bench, Op, Running, call, elsewhere, is_blocked, options, output, reason,
};
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::frame::Checkpoint;
use durable_runtime::id::{Incarnation, Timestamp};
use durable_runtime::store::{
    Claim, Fence, MessageKind, NewStep, NewWorker, Park, Phase, RunState, Unblock, Write, Written,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const POINT: &str = "script/sleep";

fn leased() -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_secs(15),
        ..options()
    }
}

fn counted(bench: &Bench, options: &WorkerOptions) -> (Arc<FaultyStore>, Running) {
    let store = FaultyStore::counting(bench.store.clone());
    let worker = durable_runtime::engine::Worker::new(store.clone(), options.clone())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    (store, Running::new(worker))
}

/// A run called `s` that is due now, at a sleep, with locals that this code cannot load. Its frame
/// is this version's own, or another's.
async fn misfit(bench: &Bench, own: bool) {
    let guard = bench.clock.busy();
    bench.start("s", &[Op::Sleep(3_600_000)]).await;
    let writer = bench.worker();
    let asleep =
        |state: &RunState| matches!(state, RunState::Waiting(at) if *at > bench.clock.now());
    bench.until("s", |run| asleep(&run.state)).await;
    writer.stop().await;
    drop(guard);

    let store = &bench.store;
    let (worker, lease_until) = (Incarnation(42), Timestamp(i64::MAX));
    let fence = |beat| Fence {
        worker,
        beat,
        lease_until,
    };
    let new = NewWorker {
        worker,
        label: "another".into(),
        points: vec![],
        lease_until,
    };
    store.register(new).await.unwrap();
    let claim = Claim {
        queue: "default".into(),
        points: vec![POINT.into()],
        unfit: vec![],
        now: Timestamp(i64::MAX),
        limit: 1,
    };
    let run = store.claim(fence(0), claim).await.unwrap().remove(0);
    let step = run.latest.expect("it sleeps");
    let mut checkpoint = Checkpoint::decode(step.frame.as_deref().unwrap()).unwrap();
    let frame = &mut checkpoint.frame;
    for local in &mut frame.locals {
        local.value = codec::encode(&5_u8).unwrap();
    }
    if !own {
        frame.fingerprint = !frame.fingerprint;
    }
    let fingerprint = frame.fingerprint;
    let (run, seq, at) = (run.run.run, step.seq + 1, bench.clock.now());
    let step = NewStep {
        run,
        seq,
        label: step.label,
        at,
        result: None,
        frame: Some(checkpoint.encode().unwrap()),
        replies: Vec::new(),
        consumed: vec![],
        settled: Vec::new(),
        tags: durable_runtime::store::TagChanges::default(),
    };
    let park = Park {
        run,
        wakes: 0,
        seq,
        queue: "default".into(),
        point: POINT.into(),
        fingerprint,
        due_at: Some(at),
        blocked: None,
        held: false,
    };
    let writes = vec![Write::Step(step), Write::Park(park)];
    let written = store.commit(fence(1), writes.into()).await;
    assert_eq!(written, Ok(vec![Written::Done, Written::Parked]));
}

#[tokio::test]
async fn what_another_version_wrote_is_tried_once_and_then_left_to_it() {
    let bench = Bench::new(|_, _| Behave::Return);
    misfit(&bench, false).await;
    let (store, worker) = counted(&bench, &options());
    let blocked = bench.until("s", is_blocked).await;
    assert!(reason(&blocked).contains("local"), "{}", reason(&blocked));
    // As a worker of the other version would.
    let any = Unblock {
        point: POINT.into(),
        fingerprint: None,
    };
    let claims = store.claims();
    assert_eq!(bench.store.unblock(&[any], bench.clock.now()).await, Ok(1));
    store.looks(20).await;
    assert_eq!(store.claims(), claims, "it looks, but it does not claim");
    let left = bench.until("s", |_| true).await;
    assert!(
        matches!(left.state, RunState::Waiting(_)),
        "{:?}",
        left.state
    );
    bench.start("other", &[Op::Sleep(5), call("a")]).await;
    assert_eq!(output(&bench.end("other").await).unwrap(), ["slept", "a"]);
    worker.stop().await;
}

/// With the fingerprint of its own code a run looks as if it fitted, each time.
#[tokio::test]
async fn what_is_damaged_is_tried_once_by_a_worker() {
    let bench = Bench::new(|_, _| Behave::Return);
    misfit(&bench, true).await;
    let (store, worker) = counted(&bench, &leased());
    bench.until("s", is_blocked).await;
    let claims = store.claims();
    for _ in 0..4 {
        // A third of the lease passes.
        let next = bench.clock.now().after(Duration::from_secs(6));
        let ((), now) = tokio::join!(store.unblocks(1), bench.clock.sleep_until(next));
        drop(now);
    }
    store.looks(5).await;
    assert_eq!(store.claims(), claims);
    bench.until("s", is_blocked).await;
    // Others of its kind are whole.
    bench.start("other", &[Op::Sleep(5), call("a")]).await;
    assert_eq!(output(&bench.end("other").await).unwrap(), ["slept", "a"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_kills_its_workers_is_blocked_and_the_others_go_on() {
    let deadly = Arc::new(AtomicBool::new(true));
    let bench = Bench::new({
        let deadly = deadly.clone();
        move |name, _| match name {
            "poison" if deadly.load(Ordering::SeqCst) => Behave::Take(3_600_000),
            _ => Behave::Return,
        }
    });
    let mut time = bench.clock.busy();
    bench.start("s", &[call("a"), call("poison")]).await;
    // The first has recorded a step before it dies; five more come no further.
    for death in 1..=6 {
        let worker = bench.worker_with(&leased());
        bench.attempted(1 + death).await;
        worker.kill().await;
        let over = bench.clock.now().after(Duration::from_secs(16));
        drop(time);
        time = bench.clock.sleep_until(over).await;
        let run = bench.until("s", |_| true).await;
        assert!(matches!(run.state, RunState::Owned(_)), "{:?}", run.state);
    }
    let (store, worker) = counted(&bench, &leased());
    let run = bench.until("s", is_blocked).await;
    assert_eq!(
        reason(&run),
        "5 workers in a row died with it and recorded no progress; it stays so until it is resumed"
    );
    drop(time);
    // Not tried again as long as this worker lives, by it or another that runs already.
    let next = bench.clock.now().after(Duration::from_secs(6));
    let ((), now) = tokio::join!(store.unblocks(1), bench.clock.sleep_until(next));
    drop(now);
    bench.start("other", &[call("b")]).await;
    assert_eq!(output(&bench.end("other").await).unwrap(), ["b"]);
    bench.until("s", is_blocked).await;
    let tries = bench
        .names()
        .iter()
        .filter(|name| *name == "poison")
        .count();
    assert_eq!(tries, 6);
    worker.stop().await;
    // Nor by a worker that is new, whatever its code.
    deadly.store(false, Ordering::SeqCst);
    let mended = bench.worker();
    bench.start("another", &[call("b")]).await;
    bench.end("another").await;
    bench.send("s", "c", MessageKind::Signal).await;
    bench.until("s", is_blocked).await;
    let handle = elsewhere(&bench).handle::<()>("s").await.unwrap();
    handle.resume().await.unwrap();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "poison"]);
    mended.stop().await;
}

#[tokio::test]
async fn a_run_that_kills_again_is_blocked_again() {
    let bench = Bench::new(|_, _| Behave::Take(3_600_000));
    let mut time = bench.clock.busy();
    bench.start("s", &[call("poison")]).await;
    let mut attempts = 0;
    // The first worker has recorded a step.
    for deaths in [6, 5] {
        for death in 0..=deaths {
            let worker = bench.worker_with(&leased());
            if death < deaths {
                attempts += 1;
                bench.attempted(attempts).await;
            } else {
                bench.until("s", is_blocked).await;
            }
            worker.kill().await;
            let over = bench.clock.now().after(Duration::from_secs(16));
            drop(time);
            time = bench.clock.sleep_until(over).await;
        }
        let handle = elsewhere(&bench).handle::<()>("s").await.unwrap();
        handle.resume().await.unwrap();
    }
    // It is terminated without its code.
    let handle = elsewhere(&bench).handle::<()>("s").await.unwrap();
    handle.terminate("it kills").await.unwrap();
    assert_eq!(bench.end("s").await.phase, Phase::Terminated);
}
