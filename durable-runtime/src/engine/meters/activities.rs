//! Attempts of activities: how many, how they end, how long they wait and take.

use super::Meters;
use crate::clock::Clock;
use crate::engine::instance::Outcome;
use crate::metrics::{self as table, Counter, Gauge, Histogram, ON};
use crate::operation::Resolution;
use std::sync::Arc;
use std::time::Duration;

/// The handles of one activity.
#[derive(Debug)]
pub(super) struct OfActivity {
    name: String,
    begun: Counter,
    retried: Counter,
    running: Gauge,
    took: Histogram,
    waited: Histogram,
}

/// An attempt that waits for its slot.
#[derive(Debug)]
pub(in crate::engine) struct Waiting(Option<(Arc<OfActivity>, Arc<dyn Clock>, Duration)>);

/// An attempt whose body runs; one that is dropped before its end was stopped.
#[derive(Debug)]
pub(in crate::engine) struct Measured(Waiting);

impl Meters {
    /// An attempt of this activity is to begin.
    pub(in crate::engine) fn waiting(&self, activity: &str) -> Waiting {
        Waiting(ON.then(|| {
            let own = self.activities.get(activity, OfActivity::new);
            (own, self.clock.clone(), self.clock.elapsed())
        }))
    }
}

impl OfActivity {
    fn new(name: &str) -> Self {
        let of = &[name];
        Self {
            begun: table::ATTEMPTS_BEGUN.counter(of),
            retried: table::ATTEMPTS_RETRIED.counter(of),
            running: table::ATTEMPTS_RUNNING.gauge(of),
            took: table::ATTEMPT_SECONDS.histogram(of),
            waited: table::SCHEDULE_TO_START.histogram(of),
            name: name.to_owned(),
        }
    }

    fn ended(&self, outcome: &str) {
        let ended = table::ATTEMPTS_ENDED.counter(&[&self.name, outcome]);
        ended.increment(1);
    }
}

impl Waiting {
    /// It has its slot; from 1.
    pub(in crate::engine) fn begins(mut self, attempt: u32) -> Measured {
        if let Some((own, clock, from)) = &mut self.0 {
            let now = clock.elapsed();
            own.waited.record(now.saturating_sub(*from).as_secs_f64());
            own.begun.increment(1);
            own.retried.increment(u64::from(attempt > 1));
            own.running.increment(1.0);
            *from = now;
        }
        Measured(self)
    }

    /// It has waited too long.
    pub(in crate::engine) fn gives_up(self) {
        if let Some((own, ..)) = &self.0 {
            own.ended("not_begun");
        }
    }
}

impl Measured {
    /// It has ended.
    pub(in crate::engine) fn ends(mut self, outcome: &Outcome) {
        self.end(word(outcome));
    }

    fn end(&mut self, outcome: &str) {
        if let Some((own, clock, from)) = self.0.0.take() {
            let took = clock.elapsed().saturating_sub(from);
            own.took.record(took.as_secs_f64());
            own.running.decrement(1.0);
            own.ended(outcome);
        }
    }
}

impl Drop for Measured {
    fn drop(&mut self) {
        self.end("stopped");
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Ended(end) => match end.resolution {
            Resolution::Returned(_) => "succeeded",
            _ => "failed",
        },
        // No attempt of an activity ends so.
        Outcome::Acted(_) => "succeeded",
        Outcome::Cancelled => "cancelled",
        Outcome::EndsElsewhere { .. } => "elsewhere",
        Outcome::Panicked(_) => "panicked",
        Outcome::Refused { .. } => "refused",
        Outcome::TimedOut(_) => "timed_out",
        Outcome::Unfit(_) => "unfit",
    }
}
