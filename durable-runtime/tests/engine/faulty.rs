//! A store that counts calls and fails at one of them.

mod calls;

use crate::support::{Bench, Running, leased};
use durable_runtime::engine::Worker;
use durable_runtime::store::{NewMessage, NewRun, ScheduleWrite, Store, StoreError, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, watch};

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The process is cut before the call takes effect.
    CutBefore,
    /// The process is cut after the call took effect.
    CutAfter,
    /// The call has no effect and reports that the database cannot be reached.
    FailBefore,
    /// The call takes effect and reports that the database cannot be reached.
    FailAfter,
    /// The call and all that follow it fail until [`FaultyStore::heal`].
    Down,
    /// The call is refused for good.
    Refuse,
    /// The call is not made before [`FaultyStore::heal`].
    Stall,
    /// The same, and whoever waits for a cut is told: something may happen between the decision to
    /// write and the write.
    Meanwhile,
    /// The process stands still: neither this call nor any that follows is made before
    /// [`FaultyStore::heal`].
    Freeze,
    /// The call panics.
    Panic,
    /// Counted are the reads that a worker repeats at its own pace, and one panics.
    PanicInRead,
    /// Counted are the claims of activities, and one is not made before [`FaultyStore::heal`].
    StallTasks,
}

/// Has a process cut at each of its calls to the store, before it and after, until it ends before that
/// (`None`); it makes more than `least` of them.
pub(crate) async fn cut_at_each_call(least: usize, cut: impl AsyncFn(usize, Fault) -> Option<()>) {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            if cut(n, fault).await.is_none() {
                assert!(n > least, "only {n} calls were cut");
                break;
            }
        }
    }
}

/// What an engine with a bug would write: to show that a test notices.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flaw {
    pub(crate) writes: fn(&mut Vec<Write>),
    pub(crate) message: fn(&mut NewMessage),
    pub(crate) start: fn(&mut NewRun),
    pub(crate) schedule: fn(&mut ScheduleWrite),
}

impl Flaw {
    pub(crate) const NONE: Self = Self {
        writes: |_| {},
        message: |_| {},
        start: |_| {},
        schedule: |_| {},
    };
}

/// Passes calls on to another store; reads by a test go to that one directly.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    inner: Arc<dyn Store>,
    flaw: Flaw,
    calls: AtomicUsize,
    at: usize,
    fault: Fault,
    fired: AtomicBool,
    cut: Notify,
    healed: watch::Sender<bool>,
    claims: AtomicUsize,
    looks: AtomicUsize,
    unblocks: AtomicUsize,
    watches: AtomicUsize,
    refused: AtomicUsize,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<dyn Store>, at: usize, fault: Fault) -> Arc<Self> {
        Self::flawed(inner, at, fault, Flaw::NONE)
    }

    /// One that fails at its `n`-th call under a worker with the bench's clock and a lease that can end.
    pub(crate) fn at_work(bench: &Bench, n: usize, fault: Fault) -> (Arc<Self>, Running) {
        let store = Self::new(bench.store.clone(), n, fault);
        let worker = Worker::new(store.clone(), leased())
            .registry(bench.registry())
            .clock(Arc::new(bench.clock.clone()));
        (store, Running::new(worker))
    }

    /// Like [`Self::new`], for an engine with a bug.
    pub(crate) fn flawed(inner: Arc<dyn Store>, at: usize, fault: Fault, flaw: Flaw) -> Arc<Self> {
        Arc::new(Self {
            inner,
            flaw,
            calls: AtomicUsize::new(0),
            at,
            fault,
            fired: AtomicBool::new(false),
            cut: Notify::new(),
            healed: watch::Sender::new(false),
            claims: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            unblocks: AtomicUsize::new(0),
            watches: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        })
    }

    /// Passes everything on, and counts.
    pub(crate) fn counting(inner: Arc<dyn Store>) -> Arc<Self> {
        Self::new(inner, usize::MAX, Fault::Stall)
    }

    /// How often work was claimed.
    pub(crate) fn claims(&self) -> usize {
        self.claims.load(Ordering::SeqCst)
    }

    /// Waits until due work was looked for so often from now on.
    pub(crate) async fn looks(&self, count: usize) {
        self.reaches(&self.looks, count).await;
    }

    /// Waits until blocked runs were looked for so often from now on.
    pub(crate) async fn unblocks(&self, count: usize) {
        self.reaches(&self.unblocks, count).await;
    }

    /// Waits until news were waited for so often from now on.
    pub(crate) async fn watches(&self, count: usize) {
        self.reaches(&self.watches, count).await;
    }

    async fn reaches(&self, counter: &AtomicUsize, more: usize) {
        let goal = counter.load(Ordering::SeqCst) + more;
        let wait = async {
            while counter.load(Ordering::SeqCst) < goal {
                tokio::task::yield_now().await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(20), wait).await;
        reached.expect("within 20 s");
    }

    pub(crate) fn fired(&self) -> bool {
        self.fired.load(Ordering::SeqCst)
    }

    /// Ends [`Fault::Down`], [`Fault::Stall`], [`Fault::Meanwhile`] and [`Fault::Freeze`].
    pub(crate) fn heal(&self) {
        self.healed.send_replace(true);
    }

    /// Waits until the fault has fired.
    pub(crate) async fn at_fault(&self) {
        let wait = async {
            while !self.fired() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("within 20 s");
    }

    /// Waits until the process is to be cut, stands still, or something may happen meanwhile.
    pub(crate) async fn cut(&self) {
        self.cut.notified().await;
    }

    async fn healed(&self) {
        let mut healed = self.healed.subscribe();
        let well = healed.wait_for(|healed| *healed).await;
        drop(well.expect("it lives as long"));
    }

    /// How many writes were refused because this process was declared dead.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// Counts a read of a worker's own pace.
    fn read(&self) {
        if self.fault == Fault::PanicInRead {
            let number = self.calls.fetch_add(1, Ordering::SeqCst);
            if number == self.at {
                self.fired.store(true, Ordering::SeqCst);
                panic!("the store panicked in a read");
            }
        }
    }

    /// Counts a call and does what is to be done to it.
    async fn through<T, E: From<StoreError>>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if self.fired() && matches!(self.fault, Fault::CutBefore | Fault::CutAfter) {
            return std::future::pending().await;
        }
        if matches!(self.fault, Fault::PanicInRead | Fault::StallTasks) {
            return call.await;
        }
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.fault == Fault::Freeze && number >= self.at {
            if !self.fired.swap(true, Ordering::SeqCst) {
                self.cut.notify_one();
            }
            self.healed().await;
            return call.await;
        }
        let down = self.fault == Fault::Down && number > self.at && !*self.healed.borrow();
        if number != self.at && !down {
            return call.await;
        }
        self.fired.store(true, Ordering::SeqCst);
        assert!(self.fault != Fault::Panic, "the store panicked");
        if matches!(self.fault, Fault::Stall | Fault::Meanwhile) {
            if self.fault == Fault::Meanwhile {
                self.cut.notify_one();
            }
            self.healed().await;
            return call.await;
        }
        let cuts = matches!(self.fault, Fault::CutBefore | Fault::CutAfter);
        let cut = cuts.then_some(Cut(&self.cut));
        if matches!(self.fault, Fault::CutAfter | Fault::FailAfter) {
            // Its answer is lost.
            drop(call.await);
        }
        if let Some(cut) = cut {
            drop(cut);
            return std::future::pending().await;
        }
        if self.fault == Fault::Refuse {
            return Err(StoreError::Bug("a refusal".into()).into());
        }
        Err(StoreError::Unavailable("a fault".into()).into())
    }
}

/// Has the process cut when it is dropped: also by who does not wait for the call any more.
struct Cut<'a>(&'a Notify);

impl Drop for Cut<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}
