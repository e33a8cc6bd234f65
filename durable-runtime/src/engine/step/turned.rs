//! How a turn of the code ended, and what is recorded of it.

use super::super::instance::{
    Cancel, Decision, Instance, Place, Policy, Recorded, Tries, Underway, underway,
};
use super::super::transact::result_of;
use super::text::error_text;
use crate::codec;
use crate::frame::Checkpoint;
use crate::id::{RunId, Timestamp};
use crate::machine::{Aside, Finished, Turn};
use crate::operation::Answered;
use crate::reason::shortened;
use crate::store::{AttemptOf, End, NewStep, Phase, Reply, StoreError, TagChanges, Write, limits};
use std::collections::BTreeMap;

impl Instance {
    pub(super) fn turned(
        &mut self,
        given: &[Answered],
        turn: Turn,
        aside: Aside,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        let replies = self.own(aside.replies);
        if let Turn::Suspended(_) | Turn::Finished(_) = &turn
            && let Err(error) = self.check_tagged(&aside.tags)
        {
            self.keep_answers(given, now);
            let place = match self.label() {
                "" => "before its first await".to_owned(),
                label => format!("after await {label}"),
            };
            return self.park(None, Some(format!("{place}: {error}")));
        }
        self.tagged = match turn {
            Turn::Suspended(_) | Turn::Finished(_) => aside.tags,
            // It is said again by whoever runs this code again.
            Turn::Panicked(_) | Turn::Blocked(_) => TagChanges::default(),
        };
        let (end, retryable, pause) = match turn {
            Turn::Suspended(checkpoint) => {
                return self.suspended(given, checkpoint, replies, now, policy);
            }
            Turn::Finished(finished) => {
                let (retryable, pause) = (finished.retryable, finished.next_delay);
                match self.end(finished, &aside.published, now, policy) {
                    Ok(end) => (end, retryable, pause),
                    Err(reason) => {
                        self.keep_answers(given, now);
                        return self.park(None, Some(reason));
                    }
                }
            }
            Turn::Panicked(message) => {
                self.keep_answers(given, now);
                let at = self.record_panic(message, now);
                return self.heal(at, now, policy);
            }
            Turn::Blocked(blocked) => {
                self.keep_answers(given, now);
                return self.park(None, Some(blocked.to_string()));
            }
        };
        self.record_step(given, None, replies, now);
        if !retryable {
            self.terms.retry = None;
        }
        let end = End {
            seq: self.seq,
            ..end
        };
        self.ended(end, pause, now, policy)
    }

    fn suspended(
        &mut self,
        given: &[Answered],
        mut checkpoint: Checkpoint,
        replies: Vec<Reply>,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        checkpoint.cancelled = self.cancel == Cancel::Told;
        let problem = match checkpoint.encode() {
            Ok(bytes) => match untaken(given, &checkpoint) {
                None => {
                    self.record_step(given, Some((checkpoint, bytes)), replies, now);
                    return self.proceed(now, policy, false);
                }
                Some(op) => format!("the answer to operation {op} was not taken"),
            },
            Err(error) => error.to_string(),
        };
        self.keep_answers(given, now);
        let label = checkpoint.frame.label;
        self.park(None, Some(format!("await {label}: {problem}")))
    }

    /// The end of a run whose function returned.
    fn end(
        &self,
        finished: Finished,
        published: &BTreeMap<String, Vec<u8>>,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<End, String> {
        let output = finished
            .output
            .map_err(|error| format!("its return value cannot be encoded: {error}"))?;
        let phase = match (finished.failed, self.cancel) {
            (false, _) => Phase::Completed,
            (true, Cancel::Told) => Phase::Cancelled,
            (true, Cancel::None | Cancel::Requested(_)) => Phase::Failed,
        };
        let published = encoded(published);
        limits::check_published(published.as_deref()).map_err(|error| error.to_string())?;
        Ok(End {
            run: self.run,
            phase,
            error: finished.failed.then(|| shortened(error_text(&output))),
            output: Some(output),
            seq: self.seq,
            at: now,
            keep_frames: policy.keep_frames,
            published,
            followed: false,
        })
    }

    /// The values that are published in the last checkpoint, as they are stored at the end.
    pub(super) fn published(&self) -> Option<Vec<u8>> {
        match &self.place {
            Place::At(checkpoint) => encoded(&checkpoint.published),
            Place::Fresh(_) | Place::Unfit(..) => None,
        }
    }

    /// Whether what is said about the run fits with these changes.
    fn check_tagged(&self, changes: &TagChanges) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut tags = self.tags.clone();
        tags.apply(changes.clone());
        limits::check_tags(&tags)
    }

    /// Answers to messages that this run has taken. Another one, from which the code may have it,
    /// has left the sender without an answer.
    fn own(&self, replies: Vec<(RunId, Reply)>) -> Vec<Reply> {
        let own = replies.into_iter().filter(|(run, _)| *run == self.run);
        own.map(|(_, reply)| reply).collect()
    }

    /// Records the answers that ended the wait, and the next one (`None`: the function returned).
    fn record_step(
        &mut self,
        given: &[Answered],
        next: Option<(Checkpoint, Vec<u8>)>,
        replies: Vec<Reply>,
        now: Timestamp,
    ) {
        let result = self.unrecorded(given);
        let (checkpoint, frame) = next.unzip();
        let settled = self.go_on_at(checkpoint.as_ref());
        self.seq += 1;
        let told = self.cancel == Cancel::Told;
        let mut consumed: Vec<i64> = self.taken.drain(..).map(|signal| signal.ord).collect();
        consumed.append(&mut self.nudges);
        if told {
            consumed.append(&mut self.unread);
        }
        let label = checkpoint.as_ref().map(|next| next.frame.label.clone());
        let tags = std::mem::take(&mut self.tagged);
        self.tags.apply(tags.clone());
        self.carry.push(Write::Step(NewStep {
            tags,
            run: self.run,
            seq: self.seq,
            label: label.unwrap_or_default(),
            at: now,
            result,
            frame,
            consumed,
            replies,
            settled,
        }));
        if let Some(checkpoint) = checkpoint {
            self.place = Place::At(checkpoint);
        }
    }

    /// The answers as they are stored, without those that stand in the step that kept them.
    fn unrecorded(&self, given: &[Answered]) -> Option<Vec<u8>> {
        let open = |answered: &&Answered| {
            let found = self.ops.binary_search_by_key(&answered.op, |own| own.op);
            found.is_ok()
        };
        let fresh: Vec<&Answered> = given.iter().filter(open).collect();
        if fresh.is_empty() {
            return None;
        }
        let mut bytes = Vec::new();
        codec::encode_into(&mut bytes, &fresh).expect("a resolution is flat");
        Some(bytes)
    }

    /// Takes over what is under way at the next await: those that go on, with their attempts, and
    /// new ones. Answers what is over of all that has failed before.
    fn go_on_at(&mut self, next: Option<&Checkpoint>) -> Vec<AttemptOf> {
        let mut settled = Vec::new();
        if std::mem::take(&mut self.code) != Tries::default() {
            settled.push(AttemptOf::Workflow { seq: self.seq });
        }
        let before = std::mem::take(&mut self.ops);
        if let Some(checkpoint) = next {
            self.ops = underway(checkpoint, |op| {
                let found = before.binary_search_by_key(&op, |own| own.op);
                found.map_or_else(|_| Underway::new(op), |at| before[at].clone())
            });
        }
        let on_record = |own: &Underway| {
            own.tries.failed > 0 || own.record != Recorded::No || own.done.is_some()
        };
        for Underway { op, done, .. } in before.into_iter().filter(on_record) {
            if self.ops.binary_search_by_key(&op, |own| own.op).is_err() {
                settled.push(AttemptOf::Activity { op });
                settled.extend(done.map(|_| AttemptOf::Activity { op: result_of(op) }));
            }
        }
        settled
    }

    /// Records answers that the code could not take yet, so that no operation is repeated.
    pub(super) fn keep_answers(&mut self, given: &[Answered], now: Timestamp) {
        let Place::At(checkpoint) = &self.place else {
            return;
        };
        let mut checkpoint = checkpoint.clone();
        let mut changed = false;
        for answered in given {
            if let Some(call) = checkpoint.call_mut(answered.op)
                && call.answer.is_none()
            {
                call.answer = Some(answered.answer.clone());
                changed = true;
            }
        }
        if !changed {
            return;
        }
        checkpoint.cancelled = self.cancel == Cancel::Told;
        // If all together are too large, the operations will be repeated after all.
        match checkpoint.encode() {
            Ok(bytes) => self.record_step(given, Some((checkpoint, bytes)), Vec::new(), now),
            Err(_) => self.put_back(),
        }
    }
}

/// An operation that still waits though it was answered: a bug in a composite operation, which
/// would repeat it for ever.
fn untaken(given: &[Answered], checkpoint: &Checkpoint) -> Option<u64> {
    let calls = checkpoint.calls();
    let waits = |op| calls.iter().any(|call| call.op == op);
    given
        .iter()
        .map(|answered| answered.op)
        .find(|op| waits(*op))
}

fn encoded(published: &BTreeMap<String, Vec<u8>>) -> Option<Vec<u8>> {
    (!published.is_empty()).then(|| codec::encode_plain(published))
}
