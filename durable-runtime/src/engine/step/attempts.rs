//! How an attempt ended, and whether another one follows.

use super::super::backoff;
use super::super::instance::{Cancel, Decision, Instance, Outcome, Place, Policy, Recorded};
use crate::id::Timestamp;
use crate::operation::{Answered, Request, Resolution, TimeoutKind};
use crate::reason::shortened;
use crate::registry::AttemptEnd;
use crate::store::{AttemptOf, AttemptRecord, TaskWrite, Write};
use std::time::Duration;

impl Instance {
    pub(super) fn attempted(
        &mut self,
        op: u64,
        outcome: Outcome,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        self.set_running(op, false);
        self.note_done(op, &outcome);
        if matches!(outcome, Outcome::Acted(_))
            && let Some(decision) = self.has_asked(op, now, policy)
        {
            return decision;
        }
        let mut chosen = None;
        let (answer, retryable, error) = match outcome {
            Outcome::Unfit(reason) => return self.park(None, Some(reason)),
            Outcome::Acted(answer)
            | Outcome::Ended(AttemptEnd {
                resolution: answer @ Resolution::Returned(_),
                ..
            }) => return self.answered(Answered { op, answer }, now, policy),
            Outcome::Ended(AttemptEnd {
                resolution,
                retryable,
                error,
                next_delay,
            }) => {
                chosen = next_delay;
                let error = error.unwrap_or_else(|| "failed".to_owned());
                (resolution, retryable, error)
            }
            Outcome::EndsElsewhere { began } => {
                return self.ends_elsewhere(op, began, now, policy);
            }
            Outcome::Cancelled => (Resolution::Cancelled, false, "cancelled".to_owned()),
            Outcome::Panicked(message) => {
                let error = format!("panicked: {message}");
                (Resolution::Panicked(message), true, error)
            }
            Outcome::Refused { reason, retryable } => {
                (Resolution::Panicked(reason.clone()), retryable, reason)
            }
            Outcome::TimedOut(kind) => {
                let again = matches!(kind, TimeoutKind::StartToClose | TimeoutKind::Heartbeat);
                (Resolution::TimedOut(kind), again, kind.recorded())
            }
        };
        let asked = self.was_asked_to_stop(op);
        if asked && self.cancel_sent().is_some() {
            // It ends by the cancellation; what follows is cleaning up.
            self.cancel = Cancel::Told;
        }
        let next = (retryable && !asked)
            .then(|| self.next_attempt(op, chosen, now, policy))
            .flatten();
        self.record_failure(op, error, now, next.unwrap_or(now));
        match next {
            Some(_) => {
                self.put_down();
                self.proceed(now, policy, false)
            }
            None => self.answered(Answered { op, answer }, now, policy),
        }
    }

    /// What a transactional activity gives is on record by now.
    fn note_done(&mut self, op: u64, outcome: &Outcome) {
        let transactional = match &self.place {
            Place::At(checkpoint) => checkpoint.call(op).is_some_and(|call| match &call.request {
                Request::Activity(activity) => activity.options.transactional,
                _ => false,
            }),
            Place::Fresh(_) | Place::Unfit(..) => false,
        };
        if let Outcome::Ended(AttemptEnd {
            resolution: Resolution::Returned(value),
            ..
        }) = outcome
            && transactional
            && let Some(own) = self.underway_mut(op)
        {
            own.done = Some(value.clone());
        }
    }

    /// When the attempt after one that fails now begins, if there is one: after the `chosen` pause,
    /// if the error has chosen one.
    fn next_attempt(
        &self,
        op: u64,
        chosen: Option<Duration>,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Timestamp> {
        let Place::At(checkpoint) = &self.place else {
            return None;
        };
        let Request::Activity(call) = &checkpoint.call(op)?.request else {
            return None;
        };
        let failures = self.underway(op)?.tries.failed.saturating_add(1);
        let (mut retry, deadline) = (call.options.retry.clone(), call.deadline());
        if policy.exact_retries {
            retry.jitter = 0.0;
        }
        backoff::next_attempt(&retry, failures, chosen, now, deadline, self.seed(op))
    }

    fn record_failure(&mut self, op: u64, error: String, now: Timestamp, next_at: Timestamp) {
        let Some(own) = self.underway_mut(op) else {
            return;
        };
        let attempt = own.tries.fail(next_at);
        if own.progress.elsewhere.take().is_some() {
            own.record = Recorded::NotYet;
        }
        if own.progress.queued.take().is_some() {
            (own.progress.begun, own.record) = (false, Recorded::NotYet);
            let run = self.run;
            // Whoever has it hears that it counts for nothing.
            self.carry.push(Write::Task(TaskWrite::Remove { run, op }));
        }
        self.carry.push(Write::Attempt(AttemptRecord {
            run: self.run,
            of: AttemptOf::Activity { op },
            attempt,
            at: now,
            error: shortened(error),
            next_at,
        }));
    }

    /// The code panicked; when it is given another try.
    pub(super) fn record_panic(&mut self, message: String, now: Timestamp) -> Timestamp {
        let next_at = backoff::next_heal(self.code.failed.saturating_add(1), now);
        let attempt = self.code.fail(next_at);
        self.carry.push(Write::Attempt(AttemptRecord {
            run: self.run,
            of: AttemptOf::Workflow { seq: self.seq },
            attempt,
            at: now,
            error: shortened(message),
            next_at,
        }));
        next_at
    }

    /// What jitter is drawn from: differs between operations, is the same after a restart.
    fn seed(&self, op: u64) -> u64 {
        self.run.0.cast_unsigned() ^ op.rotate_left(32)
    }
}
