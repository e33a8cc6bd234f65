//! Turns of workflow code that do not end. The thread on which such code runs cannot say so, so
//! another one looks.

use super::meters::Meters;
use crate::clock::Clock;
use crate::id::{RunId, WorkflowId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;
use tracing::dispatcher;

/// A turn that lasts longer is told of: between two awaits there is nothing to wait for.
const TURN_MAX: Duration = Duration::from_secs(1);

/// How often is looked.
const LOOK: Duration = Duration::from_millis(500);

/// The runs in the memory of one incarnation, and which of them are at a turn.
#[derive(Debug)]
pub(super) struct Turns {
    clock: Arc<dyn Clock>,
    runs: Mutex<Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    last: u64,
    all: BTreeMap<u64, Arc<Turning>>,
}

/// A run, and since when it is at a turn.
#[derive(Debug)]
struct Turning {
    workflow: String,
    id: WorkflowId,
    run: RunId,
    /// In milliseconds of the clock's, and one more; 0 between turns.
    since: AtomicU64,
    told: AtomicBool,
}

/// A run's place among those that are watched, until dropped.
#[derive(Debug)]
pub(super) struct Seat {
    turns: Arc<Turns>,
    number: u64,
    turning: Arc<Turning>,
}

/// A turn, until dropped.
pub(super) struct Turn<'a>(&'a Turning);

impl Turns {
    /// Nobody is in memory; from now on somebody looks, as long as this exists.
    pub(super) fn watched(clock: Arc<dyn Clock>, meters: Arc<Meters>) -> Arc<Self> {
        let turns = Arc::new(Self {
            clock,
            runs: Mutex::default(),
        });
        let watched = Arc::downgrade(&turns);
        // Whoever listens to this worker listens to what is said of it.
        let listener = dispatcher::get_default(Clone::clone);
        let watch = move || dispatcher::with_default(&listener, || watch(&watched, &meters));
        let name = "durable-turns".to_owned();
        if let Err(error) = thread::Builder::new().name(name).spawn(watch) {
            tracing::warn!(%error, "nobody will notice workflow code that hangs");
        }
        turns
    }

    /// A run is in memory.
    pub(super) fn enter(self: &Arc<Self>, workflow: &str, id: &WorkflowId, run: RunId) -> Seat {
        let turning = Arc::new(Turning {
            workflow: workflow.to_owned(),
            id: id.clone(),
            run,
            since: AtomicU64::new(0),
            told: AtomicBool::new(false),
        });
        let mut runs = self.runs();
        runs.last += 1;
        let number = runs.last;
        runs.all.insert(number, turning.clone());
        Seat {
            turns: self.clone(),
            number,
            turning,
        }
    }

    fn runs(&self) -> MutexGuard<'_, Runs> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those whose turn has lasted too long by now, each once in a turn.
    fn hung(&self) -> Vec<(Arc<Turning>, Duration)> {
        let now = millis(self.clock.elapsed());
        let lasted = |turning: &Turning| {
            let since = turning.since.load(Ordering::Acquire).checked_sub(1)?;
            let lasted = Duration::from_millis(now.saturating_sub(since));
            let first = lasted > TURN_MAX && !turning.told.swap(true, Ordering::AcqRel);
            first.then_some(lasted)
        };
        let runs = self.runs();
        let all = runs.all.values();
        all.filter_map(|turning| Some((turning.clone(), lasted(turning)?)))
            .collect()
    }
}

impl Seat {
    /// Its code runs until the answer is dropped.
    pub(super) fn turn(&self) -> Turn<'_> {
        let now = millis(self.turns.clock.elapsed());
        self.turning.told.store(false, Ordering::Release);
        self.turning.since.store(now + 1, Ordering::Release);
        Turn(&self.turning)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.since.store(0, Ordering::Release);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.turns.runs().all.remove(&self.number);
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX - 1)
}

/// Looks until nobody is there any more.
fn watch(turns: &Weak<Turns>, meters: &Meters) {
    loop {
        thread::park_timeout(LOOK);
        let Some(turns) = turns.upgrade() else {
            return;
        };
        for (turning, lasted) in turns.hung() {
            let Turning {
                workflow, id, run, ..
            } = &*turning;
            meters.hung(workflow);
            tracing::warn!(
                workflow,
                %id,
                %run,
                ?lasted,
                "workflow code has not come to its next await; it holds a thread of the worker, and \
                 cannot be cancelled or terminated meanwhile. Put work that takes long into an activity",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Runs, Turns};
    use crate::clock::{Clock, VirtualClock};
    use crate::id::{RunId, Timestamp, WorkflowId};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    #[tokio::test]
    async fn a_turn_that_lasts_is_told_of_once() {
        let clock = VirtualClock::new(Timestamp(0));
        let turns = Arc::new(Turns {
            clock: Arc::new(clock.clone()),
            runs: Mutex::new(Runs::default()),
        });
        let pass = async |millis| {
            let then = clock.now().after(Duration::from_millis(millis));
            drop(clock.sleep_until(then).await);
        };
        let count = || turns.hung().len();
        let id = WorkflowId::new("w").expect("an id");
        let seats = [1, 2].map(|run| turns.enter("work", &id, RunId(run)));
        pass(5_000).await;
        assert_eq!(count(), 0, "between turns");
        for _ in 0..2 {
            let turn = seats[0].turn();
            pass(1_000).await;
            assert_eq!(count(), 0, "it may last so long");
            pass(1).await;
            let hung = turns.hung();
            assert_eq!(hung[0].0.run, RunId(1));
            assert_eq!(hung.len(), 1);
            pass(9_000).await;
            assert_eq!(count(), 0, "it was told of");
            drop(turn);
        }
        let turn = seats[1].turn();
        pass(2_000).await;
        drop(turn);
        assert_eq!(count(), 0, "it has ended");
        let [first, second] = seats;
        drop(first);
        assert_eq!(turns.runs().all.len(), 1);
        drop(second);
        assert_eq!(turns.runs().all.len(), 0);
    }
}
