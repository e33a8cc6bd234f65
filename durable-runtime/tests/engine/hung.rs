//! Workflow code that holds its thread is noticed from another one.

use crate::headers::Log;
use crate::support::{bench, elsewhere};
use durable_runtime::clock::{Busy, Clock, Sleeping, VirtualClock};
use durable_runtime::engine::Worker;
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The seconds on the watch of the worker.
static SECONDS: AtomicU64 = AtomicU64::new(0);
static LOG: OnceLock<Log> = OnceLock::new();

/// Takes two seconds on the watch, and then until somebody has said so.
fn hang() {
    SECONDS.fetch_add(2, Ordering::SeqCst);
    let log = LOG.get().expect("it listens");
    while !log.text().contains("has not come to its next await") {
        std::thread::yield_now();
    }
}

#[workflow]
async fn hangs() -> Result<(), Cancelled> {
    hang();
    sleep(Duration::from_secs(1)).await
}

/// A virtual clock with a watch that can be set.
#[derive(Debug)]
struct Watch(VirtualClock);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        self.0.sleep_until(at)
    }

    fn tick(&self, at: Timestamp) -> Sleeping {
        self.0.tick(at)
    }

    fn busy(&self) -> Busy {
        self.0.busy()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_secs(SECONDS.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn code_that_hangs_is_warned_about_while_it_does() {
    let log = LOG.get_or_init(Log::default).clone();
    let listening = tracing::subscriber::set_default(log.clone().subscriber());
    let bench = bench();
    let hangs = durable_runtime::registry::workflow("hangs").expect("it is linked");
    let worker = Worker::new(bench.store.clone(), crate::support::options())
        .registry(bench.registry().with_workflow(hangs))
        .clock(Arc::new(Watch(bench.clock.clone())));
    let worker = crate::support::Running::new(worker);
    let started = start_hangs(&elsewhere(&bench), "h").await.unwrap();
    started.result().await.unwrap().unwrap();
    worker.stop().await;
    drop(listening);
    let text = log.text();
    let warned = text.lines().filter(|line| line.contains("WARN"));
    let [warned] = warned.collect::<Vec<_>>()[..] else {
        panic!("{text}");
    };
    for part in ["workflow=\"hangs\"", "id=h", "lasted=2s"] {
        assert!(warned.contains(part), "{part} in {warned}");
    }
}
