//! A run that rests: nothing begins, and what an attempt still gives is kept for later.

use super::super::instance::{Action, Decision, Doing, Instance, Place, Policy};
use crate::id::Timestamp;
use crate::operation::Answered;

impl Instance {
    /// Waits for the attempts that run, and lets go of the run when there is none. When it is
    /// resumed, it is due at once if the code has something to do, or else when it would have been.
    pub(super) fn rest(&mut self, now: Timestamp) -> Decision {
        if self.any_runs() {
            let wait = Action::Work {
                begin: Vec::new(),
                until: None,
            };
            return self.act(wait, Doing::Work);
        }
        let due = match &self.place {
            Place::Unfit(_, reason) => {
                let reason = reason.clone();
                return self.park(None, Some(reason));
            }
            Place::Fresh(_) => Some(now),
            Place::At(checkpoint) => {
                let calls = checkpoint.calls();
                let kept = calls.is_empty() || calls.iter().any(|call| call.answer.is_some());
                if kept || self.cancel_sent().is_some() {
                    Some(now)
                } else {
                    self.next_due(now)
                }
            }
        };
        self.park(due, None)
    }

    /// An attempt has given this: the code goes on, or finds it when the run goes on.
    pub(super) fn answered(
        &mut self,
        answered: Answered,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        if !self.paused {
            return self.turn(vec![answered]);
        }
        self.keep_answers(&[answered], now);
        self.proceed(now, policy, false)
    }
}
