//! What is under way goes on: which operation has an answer already, which attempts begin, and
//! how long all of them may be waited for.

use super::super::instance::{Action, Decision, Doing, Instance, Outcome, Place, Policy, Underway};
use super::super::options::OtherQueues;
use super::children::Asking;
use super::letters::Delivery;
use crate::frame::Call;
use crate::id::Timestamp;
use crate::operation::{ActivityRequest, Answered, Request, Resolution, TimeoutKind};

impl Instance {
    /// Nothing has an answer, and the code waits. `due`: what was waited for is due.
    pub(super) fn work(&mut self, now: Timestamp, policy: &Policy, due: bool) -> Decision {
        let expired = self.expired(now);
        let over = expired.as_ref().map(|(at, _)| *at);
        // A cancellation is on its way to children before the code hears of it: what came later than that
        // waits.
        let asking = self.is_asking_children();
        if !asking && let Some(decision) = self.told(None, over, now, policy) {
            return decision;
        }
        let idle = !self.any_runs();
        if policy.draining && idle {
            let at = self.next_due(now);
            return self.park(at, None);
        }
        let letter = self.delivery(now);
        if !asking && !due && !idle {
            // An attempt may have ended before all of that: it goes first, and the rest when it has
            // been waited for.
            let sent = letter.as_ref().map(|letter| letter.since.min(now));
            let late = self.late(now).map(|(at, ..)| at);
            if let Some(since) = [sent, over, late].into_iter().flatten().min() {
                let wait = Action::Work {
                    begin: Vec::new(),
                    until: Some(since),
                };
                return self.act(wait, Doing::Work);
            }
        }
        if !asking && let Some(decision) = self.first_of(letter, expired, now, now, policy) {
            return decision;
        }
        let (begin, mut until) = self.plan(now, policy);
        if asking {
            until = until.filter(|at| *at > now);
        }
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

    /// What was first of a letter, of what ran out of time, and of an attempt elsewhere that had taken
    /// too long `by` then, however late all of them are seen.
    pub(super) fn first_of(
        &mut self,
        letter: Option<Delivery>,
        expired: Option<(Timestamp, Answered)>,
        by: Timestamp,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Decision> {
        let late = self.late(by);
        let late = late.filter(|(at, ..)| expired.as_ref().is_none_or(|(other, _)| at <= other));
        let since = late.map(|(at, ..)| at);
        let since = since.or(expired.as_ref().map(|(at, _)| *at));
        let first = letter.filter(|own| since.is_none_or(|at| own.since <= at));
        if let Some(delivery) = first {
            return Some(self.deliver(delivery));
        }
        if let Some((_, op, kind)) = late {
            return Some(self.attempted(op, Outcome::TimedOut(kind), now, policy));
        }
        let (_, answered) = expired?;
        Some(self.turn(vec![answered]))
    }

    /// The operations that are awaited.
    pub(super) fn awaited(&self) -> Vec<&Call> {
        match &self.place {
            Place::At(checkpoint) => checkpoint.calls(),
            Place::Fresh(_) | Place::Unfit(..) => Vec::new(),
        }
    }

    /// The answer of what ran out of time, the longest overdue first, and since when it is.
    pub(super) fn expired(&self, now: Timestamp) -> Option<(Timestamp, Answered)> {
        let ended = |call: &Call| match &call.request {
            Request::Timer { due } => Some((*due, Resolution::Fired)),
            Request::Signal { .. }
            | Request::Update { .. }
            | Request::Child { .. }
            | Request::Start(_)
            | Request::Send(_)
            | Request::Continue { .. } => None,
            // One that runs knows its deadline itself; of one that ends elsewhere see `late`.
            Request::Activity(_) if self.runs(call.op) || self.is_elsewhere(call.op) => None,
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
                Some((activity.deadline()?, answer))
            }
        };
        let (at, op, answer) = self
            .awaited()
            .into_iter()
            .filter_map(|call| ended(call).map(|(at, answer)| (at, call.op, answer)))
            .filter(|(at, ..)| *at <= now)
            .min_by_key(|(at, op, _)| (*at, *op))?;
        Some((at, Answered { op, answer }))
    }

    /// The attempts that begin now, and when something else is due.
    fn plan(&mut self, now: Timestamp, policy: &Policy) -> (Vec<(u64, u32)>, Option<Timestamp>) {
        let draining = policy.draining;
        let (mut begin, mut until) = (Vec::new(), None::<Timestamp>);
        let mut queued = Vec::new();
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
                Request::Child { .. } => {
                    let own = idle(ops, call.op).filter(|_| !draining);
                    if let Some(own) = own.filter(|own| own.child == Asking::Wanted) {
                        own.running = true;
                        begin.push((call.op, 1));
                    }
                    continue;
                }
                Request::Start(_) | Request::Send(_) => {
                    if let Some(own) = idle(ops, call.op).filter(|_| !draining) {
                        (own.running, own.begun) = (true, true);
                        begin.push((call.op, 1));
                    }
                    continue;
                }
                Request::Signal { .. } | Request::Update { .. } | Request::Continue { .. } => {
                    continue;
                }
                Request::Activity(activity) => activity,
            };
            let Some(own) = idle(ops, call.op).filter(|_| !draining) else {
                continue;
            };
            let first = own.tries.next_at.filter(|at| *at > now);
            match first {
                _ if own.progress.goes_on_elsewhere() => {}
                Some(at) => wait(at),
                None if overdue(activity, now) => wait(now),
                None if policy.other_queues == OtherQueues::Leave
                    && activity.queue_beside(&self.queue).is_some() =>
                {
                    own.is_queued(now);
                    queued.push(call.op);
                }
                None => {
                    own.running = true;
                    begin.push((call.op, own.tries.failed.saturating_add(1)));
                }
            }
            if let Some((at, _)) = activity.limit_elsewhere(&own.progress) {
                wait(at);
            }
        }
        for op in queued {
            self.put_task(op, now);
        }
        (begin, until)
    }

    /// When the run has something to do again.
    pub(super) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.delivery(now).is_some() || !self.news.is_empty() {
            return Some(now);
        }
        let due = |call: &Call| match &call.request {
            Request::Timer { due } => Some(*due),
            Request::Child { .. } if self.is_to_ask(call.op) => Some(now),
            Request::Signal { .. } | Request::Update { .. } | Request::Child { .. } => None,
            Request::Start(_) | Request::Send(_) | Request::Continue { .. } => Some(now),
            Request::Activity(activity) => match self.underway(call.op) {
                Some(own) if own.progress.goes_on_elsewhere() => {
                    Some(activity.limit_elsewhere(&own.progress)?.0)
                }
                own => Some(own.and_then(|own| own.tries.next_at).unwrap_or(now)),
            },
        };
        let calls = self.awaited().into_iter();
        calls.filter_map(due).map(|at| at.max(now)).min()
    }
}

/// The operation, if no attempt of it runs.
fn idle(ops: &mut [Underway], op: u64) -> Option<&mut Underway> {
    let at = ops.binary_search_by_key(&op, |own| own.op).ok()?;
    Some(&mut ops[at]).filter(|own| !own.running)
}

fn overdue(call: &ActivityRequest, now: Timestamp) -> bool {
    call.deadline().is_some_and(|deadline| deadline <= now)
}
