//! What arrives at the same instant, in every order of arrival: with a worker that sees it all at
//! once, with one that sees one after the other, and with one that dies between any two commits.
//!
//! Each story names its order, where it let the worker come to rest, and the call to the store
//! after which the worker was cut. What it checks names the invariants: S1–S3 of starts and ends,
//! W1–W5 of what waits, X1–X5 of cancellations, undos, children and letters, and C1 and F1 of
//! steps and owners. Those of the whole store are in [`audit`].

mod audit;
mod calendar;
mod contest;
mod family;
mod finale;
mod flaws;
mod followed;
mod frozen;
mod kin;
mod letters;
mod limits;
mod requests;
mod stage;
mod starts;
mod undo;

use crate::faulty::{Fault, Flaw};
use crate::support::{START, bench, on_sqlite, options};
use durable_runtime::client::{ClientError, SignalError};
use durable_runtime::engine::WorkerOptions;
use durable_runtime::id::Timestamp;
use durable_runtime::store::{MemoryStore, Phase, SqliteOptions, SqliteStore, Store};
use stage::Stage;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

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
#[derive(Clone, Copy)]
struct Course {
    /// Bit `n`: after the `n`-th arrival the worker comes to rest before the next.
    rests: u32,
    /// The call to the store at which the worker ends.
    cut: usize,
    /// What becomes of it there.
    fault: Fault,
    /// What is wrong with the engine.
    flaw: Flaw,
}

impl std::fmt::Debug for Course {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rests {:b}", self.rests)?;
        match self.cut {
            Self::WHOLE => f.write_str(", not cut"),
            cut => write!(f, ", {:?} at call {cut}", self.fault),
        }
    }
}

impl Course {
    const WHOLE: usize = usize::MAX;

    fn new(rests: u32, cut: usize) -> Self {
        Self {
            rests,
            cut,
            fault: Fault::CutAfter,
            flaw: Flaw::NONE,
        }
    }

    /// Nobody is cut, and the worker rests after each arrival.
    fn is_calm(self, arrivals: usize) -> bool {
        self.cut == Self::WHOLE && self.rests == (1 << arrivals) - 1
    }

    /// After this arrival the worker rests before the next.
    fn rests_at(self, arrival: usize) -> bool {
        self.rests & 1 << arrival != 0
    }

    /// Nobody is cut, and the worker rests after this arrival.
    fn rests_after(self, arrival: usize) -> bool {
        self.cut == Self::WHOLE && self.rests_at(arrival)
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

/// Where something is in an order.
fn place<E: Copy + PartialEq>(order: &[E], wanted: E) -> Option<usize> {
    order.iter().position(|arrival| *arrival == wanted)
}

/// Tells a story in every order; see [`in_orders`].
async fn in_every_order<E: Copy>(
    arrivals: &[E],
    least: usize,
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) -> usize {
    in_orders(&orders(arrivals), least, story).await
}

/// Tells a story in these orders: in every course without a cut, and cut after each call to the
/// store, both at once and one after the other. The worker makes more than `least` calls in each
/// that is cut; all cuts happen, and that is counted.
async fn in_orders<E: Copy>(
    orders: &[Vec<E>],
    least: usize,
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) -> usize {
    let mut cuts = 0;
    for order in orders {
        let all = (1 << order.len()) - 1;
        for rests in 0..=all {
            let was_cut = story(memory(), order, Course::new(rests, Course::WHOLE)).await;
            assert!(!was_cut);
        }
        for rests in [0, all] {
            for cut in 0.. {
                if !story(memory(), order, Course::new(rests, cut)).await {
                    assert!(cut > least, "only {cut} calls were cut");
                    break;
                }
                cuts += 1;
            }
        }
    }
    cuts
}

/// Tells a story in every order, with each arrival between what the worker has decided to write and the
/// write, for every write that follows on the arrival before. How often that was so is counted.
async fn meanwhile_in_every_order<E: Copy>(
    arrivals: &[E],
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) -> usize {
    meanwhile_with(Flaw::NONE, arrivals, story).await
}

/// The same, with an engine that has this flaw.
async fn meanwhile_with<E: Copy>(
    flaw: Flaw,
    arrivals: &[E],
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) -> usize {
    for order in orders(arrivals) {
        for cut in 0.. {
            let course = Course {
                fault: Fault::Meanwhile,
                flaw,
                ..Course::new((1 << order.len()) - 1, cut)
            };
            if !story(memory(), &order, course).await {
                break;
            }
        }
    }
    stage::meanwhile()
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// A folder, in memory if there is one: what is cut here is a process, which loses nothing that is written.
fn in_memory() -> TempDir {
    let in_memory = tempfile::tempdir_in("/dev/shm");
    in_memory.unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// The same on SQLite, in every order: at once and one after the other, without a cut, and with a
/// cut at each `share`-th call to the store, beginning with another one in each order. How many calls there
/// are depends on what is written together: over all orders at least three of four are cut up to `least`.
async fn in_every_order_on_sqlite<E: Copy>(
    arrivals: &[E],
    (share, least): (usize, usize),
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) {
    let all = (1 << arrivals.len()) - 1;
    let (empty, folder) = on_sqlite(bench()).await;
    empty.store.close().await.unwrap();
    // A copy has its tables already.
    let empty = std::fs::read(folder.path().join("bench.db")).unwrap();
    let tell = async |order: &[E], course| {
        let folder = in_memory();
        let path = folder.path().join("bench.db");
        std::fs::write(&path, &empty).unwrap();
        let store = SqliteStore::open(&path, SqliteOptions::default()).await;
        let was_cut = story(Arc::new(store.unwrap()), order, course).await;
        audit::audit_tables(&path, &format!("{course:?}"));
        was_cut
    };
    for rests in [0, all] {
        let mut cuts = BTreeSet::new();
        for (n, order) in orders(arrivals).iter().enumerate() {
            assert!(!tell(order, Course::new(rests, Course::WHOLE)).await);
            let mut cut = n % share;
            while tell(order, Course::new(rests, cut)).await {
                cuts.insert(cut);
                cut += share;
            }
        }
        let early = cuts.range(..=least).count();
        assert!(
            early * 4 >= least * 3,
            "only these calls were cut: {cuts:?}"
        );
    }
}
