//! Where a story is told: a bench, a worker that may be cut, and a clock that stands until it is
//! let go.

use super::audit::{all_runs, audit};
use super::{Course, DUE, leased};
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, Running, elsewhere};
use durable_runtime::Client;
use durable_runtime::clock::{Busy, Clock, VirtualClock};
use durable_runtime::engine::Worker;
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::{Phase, RunRecord, StepRecord, Store};
use std::cell::Cell;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// So many times is everything at rest before the last run has ended, in any story.
const RESTS_MAX: usize = 300;

/// Outlasts every story.
const REAL_TIME_MAX: Duration = Duration::from_secs(20);

thread_local! {
    /// How many writes of workers that stood still were refused when they went on.
    static REFUSED: Cell<usize> = const { Cell::new(0) };
    /// How often something arrived between a worker's decision to write and the write.
    static MEANWHILE: Cell<usize> = const { Cell::new(0) };
}

/// How often something arrived between a decision and its write in this test.
pub(super) fn meanwhile() -> usize {
    MEANWHILE.get()
}

/// How many writes of workers that stood still were refused in this test.
pub(super) fn refused() -> usize {
    REFUSED.get()
}

/// What stands in the races. Thousands of workers are made, and each look of one takes along all that
/// it knows.
static KNOWN: LazyLock<Registry> = LazyLock::new(|| {
    let workflows = registry::workflows().filter(|def| def.file.contains("/races/"));
    let known = workflows.fold(Registry::new(), Registry::with_workflow);
    let activities =
        registry::activities().filter(|def| def.file.contains("/races/") || def.name == "act");
    activities.fold(known, Registry::with_activity)
});

fn worker(store: Arc<dyn Store>, bench: &Bench) -> Worker {
    Worker::new(store, leased())
        .registry(KNOWN.clone())
        .clock(Arc::new(bench.clock.clone()))
}

pub(super) struct Stage {
    pub(super) bench: Bench,
    pub(super) store: Arc<FaultyStore>,
    /// As the engine is, but never cut.
    whole: Arc<FaultyStore>,
    course: Course,
    /// A write of the worker waits for what arrives.
    held: bool,
    /// How many ids were started again.
    again: usize,
    worker: Option<Running>,
    /// The one that stands still, and its clock.
    frozen: Option<(Running, VirtualClock)>,
    still: Option<Busy>,
}

impl Stage {
    /// A store on which a worker in good health has brought what `start` starts to rest, and
    /// another worker goes on.
    pub(super) async fn set(
        store: Arc<dyn Store>,
        course: Course,
        start: impl AsyncFnOnce(Client),
    ) -> Self {
        let bench = Bench::on(store, |_, _| unreachable!("the bodies are the tests' own"));
        let engine = |cut| {
            let inner = bench.store.clone();
            FaultyStore::flawed(inner, cut, course.fault, course.flaw)
        };
        let whole = engine(Course::WHOLE);
        let first = Running::new(worker(whole.clone(), &bench));
        first.ready().await;
        let still = bench.clock.busy();
        start(elsewhere(&bench)).await;
        first.link.poke();
        let quiet = bench.clock.quiet();
        drop(still);
        let still = quiet.await;
        first.stop().await;
        let store = engine(course.cut);
        let worker = worker(store.clone(), &bench);
        Self {
            bench,
            store,
            whole,
            course,
            held: false,
            again: 0,
            worker: Some(Running::new(worker)),
            frozen: None,
            still: Some(still),
        }
    }

    /// A client of another process, with what is wrong with the engine.
    pub(super) fn client(&self) -> Client {
        Client::new(self.whole.clone()).clock(Arc::new(self.bench.clock.clone()))
    }

    /// So often was an id started again after another workflow had it.
    pub(super) fn starts_again(&mut self, times: usize) {
        self.again = times;
    }

    /// Lets the worker know of an arrival, and come to rest if the story says so.
    pub(super) async fn arrived(&mut self, rest: bool) {
        self.goes_through();
        if let Some(worker) = &self.worker {
            worker.link.poke();
        }
        if rest {
            let quiet = self.bench.clock.quiet();
            self.pass(quiet, true).await;
        } else {
            tokio::task::yield_now().await;
        }
    }

    /// The same, but no time passes while it comes to rest.
    pub(super) async fn arrived_now(&mut self, rest: bool) {
        if !rest {
            return self.arrived(false).await;
        }
        self.goes_through();
        if let Some(worker) = &self.worker {
            worker.link.poke();
        }
        let soon = self.bench.clock.now().after(Duration::from_millis(1));
        let rests = self.bench.clock.sleep_until(soon);
        self.pass(rests, true).await;
    }

    /// Lets time pass until the timers are due.
    pub(super) async fn until_due(&mut self) {
        self.goes_through();
        let due = self.bench.clock.sleep_until(DUE);
        self.pass(due, false).await;
    }

    /// The write that has waited for an arrival is made.
    fn goes_through(&mut self) {
        if std::mem::take(&mut self.held) {
            MEANWHILE.set(MEANWHILE.get() + 1);
            self.store.heal();
        }
    }

    /// Lets the clock go until `then`. A worker that is cut meanwhile is dead at once. One whose write
    /// waits for what arrives stops the clock, if something `can_arrive`.
    async fn pass(&mut self, then: impl Future<Output = Busy>, can_arrive: bool) {
        self.still = None;
        let mut then = std::pin::pin!(then);
        self.still = Some(tokio::select! {
            still = &mut then => still,
            () = self.store.cut(), if self.course.fault == Fault::Meanwhile => {
                self.held = can_arrive;
                if can_arrive {
                    self.bench.clock.busy()
                } else {
                    self.store.heal();
                    then.await
                }
            }
            () = self.store.cut(), if self.worker.is_some() => {
                let worker = self.worker.take().expect("it was there");
                self.falls(worker).await;
                if self.frozen.is_some() {
                    self.bench.clock.busy()
                } else {
                    then.await
                }
            }
        });
    }

    /// The worker is dead. Or it stands still, as the clock does where it is at work; elsewhere time
    /// passes, and its lease is over.
    async fn falls(&mut self, worker: Running) {
        if self.course.fault != Fault::Freeze {
            worker.kill().await;
            return;
        }
        let later = self.bench.clock.now().after(leased().lease * 2);
        let elsewhere = VirtualClock::new(later.max(DUE));
        let clock = std::mem::replace(&mut self.bench.clock, elsewhere);
        self.frozen = Some((worker, clock));
    }

    /// Whoever stood still goes on, and changes nothing of what has come to its end.
    async fn thaws(&mut self, at: &str) {
        let Some((worker, clock)) = self.frozen.take() else {
            return;
        };
        let before = everything(&self.bench).await;
        self.store.heal();
        let then = clock.now().after(leased().lease / 2);
        let then = tokio::time::timeout(REAL_TIME_MAX, clock.sleep_until(then)).await;
        drop(then.expect("its time goes on"));
        worker.stop().await;
        REFUSED.set(REFUSED.get() + self.store.refused());
        assert_eq!(everything(&self.bench).await, before, "F1: {at}");
    }

    /// Lets everything come to its end, which another worker brings if the first is dead, looks at
    /// all that the store has then, and gives the runs of these ids.
    pub(super) async fn end<const N: usize>(
        mut self,
        ids: [&str; N],
        at: &str,
    ) -> (Bench, [RunRecord; N]) {
        // Nothing else arrives.
        if self.course.fault == Fault::Meanwhile {
            self.store.heal();
        }
        let whole = match self.worker.take() {
            Some(worker) => self.goes_on(worker, at).await,
            None => false,
        };
        if !whole {
            let over = self.bench.clock.now().after(leased().lease * 2);
            let lease = self.bench.clock.sleep_until(over);
            self.still = None;
            let lease = tokio::time::timeout(REAL_TIME_MAX, lease).await;
            drop(lease.expect("the lease ends"));
            let second = Running::new(worker(self.bench.store.clone(), &self.bench));
            second.ready().await;
            all_end(&self.bench, at).await;
            second.stop().await;
        }
        audit(&self.bench, self.again, at).await;
        self.thaws(at).await;
        let mut records = Vec::with_capacity(N);
        for id in ids {
            records.push(self.bench.until(id, |_| true).await);
        }
        let records = records.try_into().expect("one for each id");
        (self.bench, records)
    }

    /// Whether this worker has brought everything to its end and has stopped in good order.
    async fn goes_on(&mut self, worker: Running, at: &str) -> bool {
        let all = async {
            worker.ready().await;
            self.still = None;
            all_end(&self.bench, at).await;
        };
        let cuts = self.course.fault != Fault::Meanwhile;
        tokio::select! {
            () = all => {}
            () = self.store.cut(), if cuts => {
                self.falls(worker).await;
                return false;
            }
        }
        tokio::select! {
            () = worker.stop() => true,
            () = self.store.cut(), if cuts => false,
        }
    }
}

/// All runs and their steps.
async fn everything(bench: &Bench) -> Vec<(RunRecord, Vec<StepRecord>)> {
    let mut all = Vec::new();
    for run in all_runs(bench).await {
        let steps = bench.store.steps(run.run, 0, 1_000).await.unwrap();
        all.push((run, steps));
    }
    all
}

/// Waits until no run is left that runs, and whom it concerns has heard of that.
async fn all_end(bench: &Bench, at: &str) {
    let all = async {
        for _ in 0..RESTS_MAX {
            tokio::task::yield_now().await;
            drop(bench.clock.quiet().await);
            let runs = all_runs(bench).await;
            let ended = runs.iter().all(|run| run.phase != Phase::Running);
            // Long enough for a look at what is new.
            bench.pass(leased().poll_interval * 2).await;
            if ended && all_runs(bench).await == runs {
                return;
            }
        }
        let runs = all_runs(bench).await;
        let left = runs.iter().filter(|run| run.phase == Phase::Running);
        let left: Vec<_> = left.map(|run| (&run.id, &run.state)).collect();
        panic!("S1: {left:?} never end, {at}");
    };
    let ended = tokio::time::timeout(REAL_TIME_MAX, all).await;
    ended.unwrap_or_else(|_| panic!("S1: within {REAL_TIME_MAX:?}, {at}"));
}
