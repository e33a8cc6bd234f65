//! Attempts for workers of other queues: how they get there, and what comes back.
//!
//! ```text
//!   plan ──▶ Progress::queued, TaskWrite::Put ──▶ claimed by a worker of that queue
//!                    │ ▲                              │
//!                    │ └── News::Begun ───────────────┤ (where the wait for it is limited)
//!                    ▼                                │
//!             as any attempt ◀── News::Carried ───────┘
//! ```

use super::super::instance::{Instance, Outcome, Recorded, Underway};
use crate::activity::ActivityToken;
use crate::activity::carried::{Carried, CarriedEnd, Order};
use crate::activity::news::News;
use crate::codec;
use crate::id::Timestamp;
use crate::operation::Resolution;
use crate::registry::AttemptEnd;
use crate::store::{NewTask, TaskOf, TaskWrite, Write};

/// What is recorded of an attempt whose worker is gone.
const LOST: &str = "the worker that had it has died";

impl Underway {
    /// An attempt of it is put on another queue.
    pub(super) fn is_queued(&mut self, now: Timestamp) {
        self.progress.queued = Some(now);
        self.record = Recorded::NotYet;
    }
}

impl Instance {
    fn task_of(&self, op: u64) -> TaskOf {
        let failed = self.underway(op).map_or(0, |own| own.tries.failed);
        TaskOf {
            run: self.run,
            op,
            attempt: failed.saturating_add(1),
        }
    }

    /// Lets an attempt for another queue join the next commit, with the note that says so.
    pub(super) fn put_task(&mut self, op: u64, now: Timestamp) {
        let (Some(request), Some(own)) = (self.call_of(op).cloned(), self.underway(op)) else {
            return;
        };
        let Some(queue) = request.queue_beside(&self.queue) else {
            return;
        };
        let task = NewTask {
            of: self.task_of(op),
            queue: queue.to_owned(),
            queueing: request.options.turn().of_call(&self.queueing),
            activity: request.name.clone(),
            put_at: now,
            body: codec::encode_plain(&Order {
                workflow: self.workflow.clone(),
                headers: (*self.tags.headers).clone(),
                beat_at: own.progress.beat_at,
                details: own.progress.details.clone(),
                request,
            }),
        };
        self.put_down();
        self.carry.push(Write::Task(TaskWrite::Put(task)));
    }

    /// Asks whoever has the attempt to stop. If nobody has it, it has stopped.
    pub(super) fn cancel_task(&mut self, op: u64, now: Timestamp) {
        let of = self.task_of(op);
        let message = News::Cancelled.message(&token(of), now);
        self.carry
            .push(Write::Task(TaskWrite::Cancel { of, message }));
    }

    /// A message with this place has told something that the next note holds.
    pub(super) fn heard_in(&mut self, op: u64, ord: i64) {
        if let Some(own) = self.underway_mut(op) {
            own.heard.push(ord);
        }
    }

    /// A worker has begun the attempt.
    pub(super) fn began(&mut self, op: u64, ord: i64) {
        if let Some(own) = self.underway_mut(op) {
            (own.progress.begun, own.record) = (true, Recorded::NotYet);
        }
        self.heard_in(op, ord);
    }

    /// How the attempt has ended there; `None` if it has not.
    ///
    /// No other machine's clock tells of what is still to come.
    pub(super) fn carried(&mut self, op: u64, carried: Carried, now: Timestamp) -> Option<Outcome> {
        let Carried {
            end,
            beat_at,
            details,
        } = carried;
        if let Some(at) = beat_at {
            self.heard(op, at.min(now), details);
        }
        Some(match end {
            CarriedEnd::EndsElsewhere(began) => {
                if let Some(own) = self.underway_mut(op) {
                    own.progress.handed_on(began.min(now));
                    own.record = Recorded::NotYet;
                }
                return None;
            }
            CarriedEnd::Returned(value) => Outcome::Ended(AttemptEnd::returned(value)),
            CarriedEnd::Failed {
                error,
                retryable,
                text,
                next_delay,
            } => Outcome::Ended(AttemptEnd {
                resolution: Resolution::Failed(error),
                retryable,
                error: text,
                next_delay,
            }),
            CarriedEnd::Panicked(message) => Outcome::Panicked(message),
            CarriedEnd::Refused { reason, retryable } => Outcome::Refused { reason, retryable },
            CarriedEnd::TimedOut(kind) => Outcome::TimedOut(kind),
            CarriedEnd::Cancelled => Outcome::Cancelled,
            CarriedEnd::Lost if self.was_asked_to_stop(op) => Outcome::Cancelled,
            CarriedEnd::Lost => failed(LOST.to_owned()),
            CarriedEnd::Unfit(reason) => failed(reason),
        })
    }
}

/// An attempt that failed before or after its body; another one may follow.
fn failed(reason: String) -> Outcome {
    Outcome::Ended(AttemptEnd {
        error: Some(reason.clone()),
        resolution: Resolution::Panicked(reason),
        retryable: true,
        next_delay: None,
    })
}

/// The name of an attempt.
pub(in crate::engine) fn token(of: TaskOf) -> ActivityToken {
    let TaskOf { run, op, attempt } = of;
    ActivityToken { run, op, attempt }
}
