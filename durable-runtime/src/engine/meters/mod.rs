//! What one worker counts and measures; see [`crate::metrics`]. Without the feature all of this is
//! compiled to nothing.

mod activities;
mod commits;
mod names;
mod runs;

pub(super) use activities::Waiting;
pub(super) use runs::Tally;

use self::activities::OfActivity;
use self::commits::Commits;
use self::names::ByName;
use self::runs::OfWorkflow;
use super::committer::Lost;
use crate::clock::Clock;
use crate::id::Timestamp;
use crate::metrics::{self as table, Counter, Gauge, Histogram, ON};
use std::sync::Arc;

/// The handles of one worker, from all of its lives.
#[derive(Debug)]
pub(super) struct Meters {
    clock: Arc<dyn Clock>,
    queue: String,
    owned: Gauge,
    depth: Gauge,
    activities_waiting: Gauge,
    activities_running: Gauge,
    lag: Histogram,
    claimed: Counter,
    taken_over: Counter,
    commits: Commits,
    activities: ByName<OfActivity>,
    workflows: ByName<OfWorkflow>,
}

impl Meters {
    /// By the recorder that is installed now.
    pub(super) fn new(queue: &str, clock: Arc<dyn Clock>) -> Self {
        table::describe();
        let of = &[queue];
        Self {
            clock,
            owned: table::RUNS_OWNED.gauge(of),
            depth: table::QUEUE_DEPTH.gauge(of),
            activities_waiting: table::QUEUE_ACTIVITIES_WAITING.gauge(of),
            activities_running: table::QUEUE_ACTIVITIES_RUNNING.gauge(of),
            lag: table::QUEUE_LAG.histogram(of),
            claimed: table::RUNS_CLAIMED.counter(of),
            taken_over: table::RUNS_TAKEN_OVER.counter(of),
            commits: Commits::new(of),
            activities: ByName::default(),
            workflows: ByName::default(),
            queue: queue.to_owned(),
        }
    }

    /// So many runs are in memory.
    #[expect(clippy::cast_precision_loss, reason = "no machine has that many")]
    pub(super) fn owned(&self, runs: usize) {
        self.owned.set(runs as f64);
    }

    /// So many wait in the queue.
    #[expect(clippy::cast_precision_loss, reason = "it is counted up to a few")]
    pub(super) fn depth(&self, runs: usize) {
        self.depth.set(runs as f64);
    }

    /// So many activities of workflows of other queues wait, and so many are carried out.
    #[expect(clippy::cast_precision_loss, reason = "it is counted up to a few")]
    pub(super) fn activities_on_queue(&self, waiting: usize, running: usize) {
        self.activities_waiting.set(waiting as f64);
        self.activities_running.set(running as f64);
    }

    /// Runs were taken from the queue, the first of them due since then.
    pub(super) fn claimed(&self, runs: usize, due: Timestamp) {
        if ON && runs > 0 {
            self.claimed.increment(runs as u64);
            self.lag.record(due.until(self.clock.now()).as_secs_f64());
        }
    }

    /// Runs were taken over.
    pub(super) fn taken_over(&self, runs: usize) {
        self.taken_over.increment(runs as u64);
    }

    /// A life is over.
    pub(super) fn lost(&self, why: &Lost) {
        let reason = match why {
            Lost::Dead => "dead",
            Lost::OtherHistory => "history",
            Lost::ClaimUnknown => "claim",
            Lost::Bug(_) => "bug",
            Lost::Store(_) => "store",
        };
        let lost = table::LEASES_LOST.counter(&[&self.queue, reason]);
        lost.increment(1);
    }
}
