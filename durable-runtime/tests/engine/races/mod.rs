//! What arrives at the same instant, in every order of arrival: with a worker that sees it all at
//! once, with one that sees one after the other, and with one that dies between any two commits.
//!
//! Each story names its order, where it let the worker come to rest, and the call to the store
//! after which the worker was cut; the rules name the invariants S1–S3, W1–W4 and X1–X4.

mod contest;
mod finale;

use crate::activities::{linked_worker, worker_with};
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, Running, START, bench, elsewhere, on_sqlite, options};
use durable_runtime::Client;
use durable_runtime::client::{ClientError, SignalError};
use durable_runtime::clock::{Busy, Clock};
use durable_runtime::engine::WorkerOptions;
use durable_runtime::id::Timestamp;
use durable_runtime::store::{MemoryStore, Phase, RunRecord, Store};
use std::sync::Arc;
use std::time::Duration;

/// When the timers of the workflows are due: ten seconds after their start.
const DUE: Timestamp = Timestamp(START.0 + 10_000);

/// Leases outlast the timers, so that a worker ends only when it is cut.
fn leased() -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_secs(60),
        poll_interval: Duration::from_secs(5),
        ..options()
    }
}

/// All orders of some things.
fn orders<T: Copy>(things: &[T]) -> Vec<Vec<T>> {
    if things.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (i, first) in things.iter().enumerate() {
        let rest = [&things[..i], &things[i + 1..]].concat();
        let begins = |mut order: Vec<T>| {
            order.insert(0, *first);
            order
        };
        all.extend(orders(&rest).into_iter().map(begins));
    }
    all
}

/// How a story goes on beside its order.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// Bit `n`: after the `n`-th arrival the worker comes to rest before the next.
    rests: u32,
    /// The call to the store after which the worker is cut.
    cut: usize,
}

impl Course {
    const WHOLE: usize = usize::MAX;

    /// Nobody is cut, and the worker rests after each arrival.
    fn is_calm(self, arrivals: usize) -> bool {
        self.cut == Self::WHOLE && self.rests == (1 << arrivals) - 1
    }

    /// Nobody is cut, and the worker rests after this arrival.
    fn rests_after(self, arrival: usize) -> bool {
        self.cut == Self::WHOLE && self.rests & 1 << arrival != 0
    }
}

/// A bench, the worker that may be cut, and the clock that stands still until it is let go.
struct Stage {
    bench: Bench,
    store: Arc<FaultyStore>,
    worker: Option<Running>,
    still: Option<Busy>,
}

impl Stage {
    /// A store on which a worker in good health has brought what `start` starts to rest, and
    /// another worker goes on.
    async fn set(store: Arc<dyn Store>, course: Course, start: impl AsyncFnOnce(Client)) -> Self {
        let bench = Bench::on(store, |_, _| unreachable!("the bodies are the tests' own"));
        let first = worker_with(&bench, &leased());
        first.ready().await;
        let still = bench.clock.busy();
        start(elsewhere(&bench)).await;
        first.link.poke();
        let quiet = bench.clock.quiet();
        drop(still);
        let still = quiet.await;
        first.stop().await;
        let store = FaultyStore::new(bench.store.clone(), course.cut, Fault::CutAfter);
        let worker = linked_worker(store.clone(), &bench, &leased());
        Self {
            bench,
            store,
            worker: Some(Running::new(worker)),
            still: Some(still),
        }
    }

    /// Lets the worker know of an arrival, and come to rest if the story says so.
    async fn arrived(&mut self, rest: bool) {
        if let Some(worker) = &self.worker {
            worker.link.poke();
        }
        if rest {
            let quiet = self.bench.clock.quiet();
            self.pass(quiet).await;
        } else {
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass until the timers are due.
    async fn until_due(&mut self) {
        let due = self.bench.clock.sleep_until(DUE);
        self.pass(due).await;
    }

    /// Lets the clock go until `then`. A worker that is cut meanwhile is dead at once.
    async fn pass(&mut self, then: impl Future<Output = Busy>) {
        self.still = None;
        let mut then = std::pin::pin!(then);
        self.still = Some(tokio::select! {
            still = &mut then => still,
            () = self.store.cut(), if self.worker.is_some() => {
                self.worker.take().expect("it was there").kill().await;
                then.await
            }
        });
    }

    /// Waits for the ends of runs, which another worker brings if the first is dead.
    async fn end<const N: usize>(mut self, ids: [&str; N]) -> (Bench, [RunRecord; N]) {
        let limit = Duration::from_secs(20);
        if let Some(worker) = self.worker.take() {
            self.still = None;
            let records = tokio::select! {
                records = ends(&self.bench, ids) => Some(records),
                () = self.store.cut() => None,
            };
            match records {
                Some(records) => {
                    // It may be cut at a later call too.
                    tokio::select! {
                        () = worker.stop() => {}
                        () = self.store.cut() => {}
                    }
                    return (self.bench, records);
                }
                None => worker.kill().await,
            }
        }
        let after = self.bench.clock.now().after(leased().lease * 2);
        let lease = self.bench.clock.sleep_until(after);
        self.still = None;
        drop(tokio::time::timeout(limit, lease).await.expect("it ends"));
        let second = worker_with(&self.bench, &leased());
        let records = ends(&self.bench, ids).await;
        second.stop().await;
        (self.bench, records)
    }
}

/// The phase of a workflow that had ended before this was sent.
fn over(sent: Result<(), SignalError>) -> Option<Phase> {
    match sent {
        Ok(()) => None,
        Err(SignalError::Client(ClientError::Finished { phase, .. })) => Some(phase),
        Err(other) => panic!("{other}"),
    }
}

async fn ends<const N: usize>(bench: &Bench, ids: [&str; N]) -> [RunRecord; N] {
    let mut records = Vec::with_capacity(N);
    for id in ids {
        records.push(bench.end(id).await);
    }
    records.try_into().expect("one for each id")
}

/// Tells a story in every order: in every course without a cut, and cut after each call to the
/// store, both at once and one after the other. How many were told with a cut that happened.
async fn in_every_order<E: Copy>(
    arrivals: &[E],
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) -> usize {
    let all = (1 << arrivals.len()) - 1;
    let memory = || Arc::new(MemoryStore::new());
    let mut cuts = 0;
    for order in orders(arrivals) {
        for rests in 0..=all {
            let cut = Course::WHOLE;
            story(memory(), &order, Course { rests, cut }).await;
        }
        for rests in [0, all] {
            for cut in 0.. {
                if !story(memory(), &order, Course { rests, cut }).await {
                    break;
                }
                cuts += 1;
            }
        }
    }
    cuts
}

/// The same on SQLite, in every order: at once, one after the other, and with one cut, which
/// wanders.
async fn in_every_order_on_sqlite<E: Copy>(
    arrivals: &[E],
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) {
    let all = (1 << arrivals.len()) - 1;
    let mut cuts = 0;
    for (n, order) in orders(arrivals).iter().enumerate() {
        for (rests, cut) in [(0, Course::WHOLE), (all, Course::WHOLE), (0, n % 6)] {
            let (bench, _folder) = on_sqlite(bench()).await;
            let was_cut = story(bench.store.clone(), order, Course { rests, cut }).await;
            cuts += usize::from(was_cut);
        }
    }
    assert!(cuts > 60, "only {cuts} calls were cut");
}
