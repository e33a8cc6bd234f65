//! A run that ends by beginning anew.

use super::super::instance::{Decision, Instance, Policy};
use crate::frame::Call;
use crate::id::Timestamp;
use crate::operation::Request;
use crate::store::{End, NewRun, Phase, Write};

impl Instance {
    /// The run that is to take the place of this one, if its code wants that.
    pub(super) fn successor(
        &self,
        calls: &[&Call],
        now: Timestamp,
        policy: &Policy,
    ) -> Option<NewRun> {
        let (workflow, input) = calls.iter().find_map(|call| match &call.request {
            Request::Continue { workflow, input } => Some((workflow, input)),
            _ => None,
        })?;
        Some(NewRun {
            parent: self.parent,
            terms: self.terms.next(now, 0),
            scheduled: self.scheduled.clone(),
            tags: self.tags.clone(),
            queueing: self.queueing.clone(),
            ..NewRun::new(
                (policy.new_run)(now),
                self.id.clone(),
                workflow.clone(),
                self.queue.clone(),
                input.clone(),
                now,
            )
        })
    }

    /// Ends this run and starts the next one, in one transaction.
    pub(super) fn continued(&mut self, next: NewRun, now: Timestamp, policy: &Policy) -> Decision {
        self.carry.push(Write::End(End {
            run: self.run,
            phase: Phase::Continued,
            output: None,
            error: None,
            seq: self.seq,
            at: now,
            keep_frames: policy.keep_frames,
            published: self.published(),
            followed: true,
        }));
        self.carry.push(Write::Start(next));
        self.leave()
    }
}
