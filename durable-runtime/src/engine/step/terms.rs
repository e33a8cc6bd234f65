//! Runs that take too long, and runs that are tried again.

use super::super::backoff;
use super::super::instance::{Cancel, Decision, Instance, Policy};
use crate::id::Timestamp;
use crate::store::{End, NewRun, Phase, Write};
use std::time::Duration;

impl Instance {
    /// Why it ends now, if its time is over.
    pub(super) fn out_of_time(&self, now: Timestamp) -> Option<&'static str> {
        let over = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if over(self.terms.deadline) {
            Some("it took longer than its execution_timeout")
        } else if over(self.terms.run_deadline) {
            Some("this run took longer than its run_timeout")
        } else {
            None
        }
    }

    /// Ends a run whose time is over, without its code.
    pub(super) fn timed_out(&mut self, reason: &str, now: Timestamp, policy: &Policy) -> Decision {
        let end = End {
            run: self.run,
            phase: Phase::TimedOut,
            output: None,
            error: Some(reason.to_owned()),
            seq: self.seq,
            at: now,
            keep_frames: policy.keep_frames,
            published: self.published(),
            followed: false,
        };
        self.ended(end, None, now, policy)
    }

    /// Records the end of a run that did not get a new one by its own code; with another try, if
    /// there is one. `pause`: what the error asks for.
    pub(super) fn ended(
        &mut self,
        end: End,
        pause: Option<Duration>,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        let next = match end.phase {
            Phase::Failed | Phase::TimedOut => self.another_try(pause, now, policy),
            _ => None,
        };
        self.carry.push(Write::End(End {
            followed: next.is_some(),
            ..end
        }));
        self.carry.extend(next.map(Write::Start));
        self.leave()
    }

    /// The run that tries again what this one has failed at.
    fn another_try(
        &self,
        pause: Option<Duration>,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<NewRun> {
        let mut retry = self.terms.retry.clone()?;
        // What has come and is not read here yet, the store looks at.
        if self.cancel != Cancel::None || self.terminate.is_some() {
            return None;
        }
        if policy.exact_retries {
            retry.jitter = 0.0;
        }
        let failed = self.terms.failed.saturating_add(1);
        let seed = self.run.0.cast_unsigned();
        let at = backoff::next_attempt(&retry, failed, pause, now, self.terms.deadline, seed)?;
        Some(NewRun {
            due_at: at,
            parent: self.parent,
            scheduled: self.scheduled.clone(),
            terms: self.terms.next(at, failed),
            tags: self.tags.clone(),
            queueing: self.queueing.clone(),
            ..NewRun::new(
                (policy.new_run)(now),
                self.id.clone(),
                self.workflow.clone(),
                self.queue.clone(),
                self.input.clone()?,
                now,
            )
        })
    }
}
