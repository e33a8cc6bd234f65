//! What is under way goes on: which operation has an answer already, which attempts begin, and
//! how long all of them may be waited for.

use super::super::instance::{Action, Decision, Doing, Instance, Place, Policy, Underway};
use crate::frame::{Call, Checkpoint};
use crate::id::Timestamp;
use crate::operation::{ActivityRequest, Answered, Request, Resolution, TimeoutKind};

impl Instance {
    /// Nothing has an answer, and the code waits. `due`: what was waited for is due.
    pub(super) fn work(&mut self, now: Timestamp, policy: &Policy, due: bool) -> Decision {
        let idle = !self.any_runs();
        let Place::At(checkpoint) = &self.place else {
            unreachable!("operations are under way at an await only");
        };
        if policy.draining && idle {
            let at = self.next_due(checkpoint, now);
            return self.park(at, None);
        }
        // While attempts run, one may have ended already; it goes before a timer, which is told
        // again when it has been waited for.
        let expired = self.expired(checkpoint, now).filter(|_| due || idle);
        // A letter that was sent before a timer was due has won, however late both are seen.
        let delivery = self.delivery(now);
        if let Some(delivery) = delivery.filter(|delivery| match expired {
            Some((at, _)) => delivery.since <= at,
            None => true,
        }) {
            return self.deliver(delivery);
        }
        if let Some((_, answered)) = expired {
            return self.turn(vec![answered]);
        }
        let (begin, mut until) = self.plan(now, policy.draining);
        if idle && begin.is_empty() {
            match until {
                Some(at) if now.until(at) > policy.park_after => return self.park(Some(at), None),
                Some(_) => {}
                // Only a message can wake it: one may come soon.
                None if due => return self.park(None, None),
                None => until = Some(now.after(policy.park_after)),
            }
        }
        self.act(Action::Work { begin, until }, Doing::Work)
    }

    /// The answer of what ran out of time, the longest overdue first, and since when it is.
    fn expired(&self, checkpoint: &Checkpoint, now: Timestamp) -> Option<(Timestamp, Answered)> {
        let ended = |call: &Call| match &call.request {
            Request::Timer { due } => Some((*due, Resolution::Fired)),
            Request::Signal { .. }
            | Request::Update { .. }
            | Request::Child { .. }
            | Request::Start(_)
            | Request::Send(_)
            | Request::Continue { .. } => None,
            // One that runs knows its deadline itself.
            Request::Activity(_) if self.runs(call.op) => None,
            // It has been done, and its worker was lost before the code heard of that.
            Request::Activity(activity) if self.done(call.op).is_some() => {
                let value = self.done(call.op)?.to_vec();
                Some((activity.begun, Resolution::Returned(value)))
            }
            // It was asked to stop, and was lost with its worker.
            Request::Activity(activity) if self.was_asked_to_stop(call.op) => {
                Some((activity.begun, Resolution::Cancelled))
            }
            Request::Activity(activity) => {
                let answer = Resolution::TimedOut(TimeoutKind::ScheduleToClose);
                Some((deadline(activity)?, answer))
            }
        };
        let calls = checkpoint.calls().into_iter();
        let (at, op, answer) = calls
            .filter_map(|call| ended(call).map(|(at, answer)| (at, call.op, answer)))
            .filter(|(at, ..)| *at <= now)
            .min_by_key(|(at, op, _)| (*at, *op))?;
        Some((at, Answered { op, answer }))
    }

    /// The attempts that begin now, and when something else is due.
    fn plan(&mut self, now: Timestamp, draining: bool) -> (Vec<(u64, u32)>, Option<Timestamp>) {
        let (mut begin, mut until) = (Vec::new(), None::<Timestamp>);
        let mut wait = |at: Timestamp| until = Some(until.map_or(at, |until| until.min(at)));
        let (Place::At(checkpoint), ops) = (&self.place, &mut self.ops) else {
            return (begin, until);
        };
        for call in checkpoint.calls() {
            let activity = match &call.request {
                Request::Timer { due } => {
                    wait(*due);
                    continue;
                }
                Request::Start(_) | Request::Send(_) => {
                    if let Some(own) = idle(ops, call.op).filter(|_| !draining) {
                        own.running = true;
                        begin.push((call.op, 1));
                    }
                    continue;
                }
                Request::Signal { .. }
                | Request::Update { .. }
                | Request::Child { .. }
                | Request::Continue { .. } => continue,
                Request::Activity(activity) => activity,
            };
            let Some(own) = idle(ops, call.op).filter(|_| !draining) else {
                continue;
            };
            match own.tries.next_at.filter(|at| *at > now) {
                Some(at) => wait(at),
                None if overdue(activity, now) => wait(now),
                None => {
                    own.running = true;
                    begin.push((call.op, own.tries.failed.saturating_add(1)));
                }
            }
        }
        (begin, until)
    }

    /// When the run has something to do again.
    pub(super) fn next_due(&self, checkpoint: &Checkpoint, now: Timestamp) -> Option<Timestamp> {
        if self.delivery(now).is_some() {
            return Some(now);
        }
        let due = |call: &Call| match &call.request {
            Request::Timer { due } => Some(*due),
            Request::Signal { .. } | Request::Update { .. } | Request::Child { .. } => None,
            Request::Start(_) | Request::Send(_) | Request::Continue { .. } => Some(now),
            Request::Activity(_) => {
                let at = self.ops.binary_search_by_key(&call.op, |own| own.op);
                let own = at.ok().map(|at| &self.ops[at]);
                Some(own.and_then(|own| own.tries.next_at).unwrap_or(now))
            }
        };
        let calls = checkpoint.calls().into_iter();
        calls.filter_map(due).map(|at| at.max(now)).min()
    }
}

/// The operation, if no attempt of it runs.
fn idle(ops: &mut [Underway], op: u64) -> Option<&mut Underway> {
    let at = ops.binary_search_by_key(&op, |own| own.op).ok()?;
    Some(&mut ops[at]).filter(|own| !own.running)
}

fn overdue(call: &ActivityRequest, now: Timestamp) -> bool {
    deadline(call).is_some_and(|deadline| deadline <= now)
}

/// When all attempts together have taken too long.
pub(in crate::engine) fn deadline(call: &ActivityRequest) -> Option<Timestamp> {
    call.options
        .schedule_to_close
        .map(|limit| call.begun.after(limit))
}
