//! Panics of the engine itself: charged to the run in whose step they are, and nobody else notices.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, Running, START, bench, call, is_blocked, on_sqlite, options, output};
use crate::support::{Op, reason};
use durable_runtime::clock::{Busy, Clock, Sleeping};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::store::{MessageKind, Phase};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// When the clock of these tests breaks.
const NEVER: u64 = 77_777;

/// A clock that panics when somebody wants to sleep until a certain time.
#[derive(Debug)]
struct Tripping {
    clock: durable_runtime::clock::VirtualClock,
    mended: AtomicBool,
    panics: AtomicUsize,
}

impl Clock for Tripping {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        if at.0 % 100_000 == NEVER.cast_signed() && !self.mended.load(Ordering::SeqCst) {
            self.panics.fetch_add(1, Ordering::SeqCst);
            panic!("the clock tripped");
        }
        self.clock.sleep_until(at)
    }

    fn tick(&self, at: Timestamp) -> Sleeping {
        self.clock.tick(at)
    }

    fn busy(&self) -> Busy {
        self.clock.busy()
    }
}

fn worker(bench: &Bench, clock: &Arc<Tripping>) -> Running {
    // Timers stay in memory.
    let options = WorkerOptions {
        park_after: Duration::from_secs(3_600),
        ..options()
    };
    Running::new(bench.prepare(&options).clock(clock.clone()))
}

fn tripping(bench: &Bench) -> Arc<Tripping> {
    Arc::new(Tripping {
        clock: bench.clock.clone(),
        mended: AtomicBool::new(false),
        panics: AtomicUsize::new(0),
    })
}

async fn one_run_is_blocked(bench: Bench) {
    let clock = tripping(&bench);
    let first = worker(&bench, &clock);
    let hold = bench.clock.busy();
    // The first is known to the store before it panics, the second is handed to the worker.
    let sleeps = |to: u64| Op::Sleep(to - START.0.cast_unsigned() % 100_000);
    bench
        .start("stored", &[call("a"), sleeps(NEVER), call("b")])
        .await;
    first.ready().await;
    let handed = bench.new_run("handed", &[sleeps(NEVER), call("c")]);
    first.link.start(handed).await.unwrap();
    bench.start("other", &[call("o"), sleeps(50_000)]).await;
    drop(hold);
    for id in ["stored", "handed"] {
        let blocked = bench.until(id, is_blocked).await;
        let expected = "the engine panicked in this workflow's step (the clock tripped); nothing \
                        that was recorded is lost, and it is tried again when a worker starts";
        assert_eq!(reason(&blocked), expected);
    }
    assert_eq!(output(&bench.end("other").await).unwrap(), ["o", "slept"]);
    // The same life has done all this, and has not tried them again.
    assert_eq!(bench.store.workers().await.unwrap().len(), 1);
    assert_eq!(clock.panics.load(Ordering::SeqCst), 2);
    // One can be stopped, also while it is blocked.
    bench.send("handed", "t", MessageKind::Terminate).await;
    assert_eq!(bench.end("handed").await.phase, Phase::Terminated);
    first.stop().await;

    clock.mended.store(true, Ordering::SeqCst);
    let second = worker(&bench, &clock);
    let end = output(&bench.end("stored").await).unwrap();
    assert_eq!(end, ["a", "slept", "b"]);
    assert_eq!(bench.names(), ["a", "o", "b"], "nothing was done twice");
    second.stop().await;
}

#[tokio::test]
async fn a_panic_of_the_engine_blocks_its_run_and_no_other() {
    one_run_is_blocked(bench()).await;
}

#[tokio::test]
async fn a_panic_of_the_engine_blocks_its_run_and_no_other_on_sqlite() {
    let (bench, _folder) = on_sqlite(bench()).await;
    one_run_is_blocked(bench).await;
}

/// Where the store panics once, whatever the worker did there is done again.
#[tokio::test]
async fn a_worker_outlives_a_panic_at_each_of_its_calls() {
    // The first calls, before anything runs, are part of who runs the worker.
    for (fault, first) in [(Fault::Panic, 2), (Fault::PanicInRead, 1)] {
        for at in first.. {
            let bench = bench();
            let store = FaultyStore::new(bench.store.clone(), at, fault);
            let worker = Worker::new(store.clone(), options())
                .registry(bench.registry())
                .clock(Arc::new(bench.clock.clone()));
            let worker = Running::new(worker);
            bench
                .start("s", &[call("a"), Op::Sleep(5_000), call("b")])
                .await;
            let end = bench.end("s").await;
            assert_eq!(output(&end).unwrap(), ["a", "slept", "b"], "{fault:?} {at}");
            let fired = store.fired();
            worker.kill().await;
            if !fired {
                assert!(at > 5, "only {at} calls");
                break;
            }
        }
    }
}
