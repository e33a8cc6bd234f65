//! What a message does to a run.

use super::run::{Frames, Kept, Place};
use super::state::State;
use crate::id::{RunId, Timestamp};
use crate::store::{CHAIN_MAX, Message, MessageKind, NewMessage, Phase, Sent, Told};

impl State {
    /// Puts a message into the inbox of a current run, or ends a run that nobody owns.
    pub(super) fn send(&mut self, number: RunId, message: NewMessage) -> Sent {
        // A termination that is not read yet may end it now.
        let may_end = message.kind == MessageKind::Terminate && self.runs(number);
        if message.is_of_the_chain() && !may_end && self.is_known(number, &message.msg)
            || message.is_of_an_operation() && self.was_known(number, &message.msg)
        {
            return Sent::Accepted(number);
        }
        let Some(run) = self.runs.get_mut(&number) else {
            return Sent::NotFound;
        };
        let row = &mut run.row;
        match row.place {
            Place::Finished => return Sent::Finished(row.phase),
            Place::Ready(_) if message.kind == MessageKind::Terminate => {
                let reason = String::from_utf8_lossy(&message.payload).into_owned();
                row.error = Some(reason).filter(|reason| !reason.is_empty());
                row.frames = Frames::Latest;
                let at = message.sent_at;
                if message.is_of_the_chain() {
                    // The end keeps its id.
                    self.put_message(number, message);
                }
                self.finish(number, Phase::Terminated, at);
                return Sent::Terminated(number);
            }
            Place::Ready(_) | Place::Owned(_) => {}
        }
        match message.kind {
            MessageKind::Pause => self.pause(number, &message),
            MessageKind::Resume => self.resume(number, message.sent_at),
            _ if run.is_full_for(&message) => return Sent::Full(number),
            _ => {
                self.put_message(number, message);
            }
        }
        Sent::Accepted(number)
    }

    fn runs(&self, number: RunId) -> bool {
        let found = self.runs.get(&number);
        found.is_some_and(|run| run.row.phase == Phase::Running)
    }

    /// Whether a run, or one that it goes on for, has had a message of this id.
    fn is_known(&self, number: RunId, msg: &str) -> bool {
        self.chain_before(number).any(|run| run.has_had(msg))
    }

    /// Whether an earlier run of the same id has had a message of that one.
    fn was_known(&self, number: RunId, msg: &str) -> bool {
        let Some(id) = self.runs.get(&number).map(|run| &run.row.new.id) else {
            return false;
        };
        let all = self.of_id(id).filter(|run| !run.row.current);
        all.take(CHAIN_MAX as usize).any(|run| run.has_had(msg))
    }

    /// Puts a message into the inbox of one run.
    pub(super) fn tell(&mut self, number: RunId, message: NewMessage) -> Told {
        let Some(run) = self.runs.get(&number) else {
            return Told::NotFound;
        };
        if let Place::Finished = run.row.place {
            return Told::Finished(run.row.phase);
        }
        if self.put_message(number, message) {
            Told::Accepted
        } else {
            Told::Repeated
        }
    }

    /// Puts a message into the inbox of a run that has not ended, and makes it due if it waits. A
    /// message whose id is there already changes nothing (false).
    pub(super) fn put_message(&mut self, number: RunId, message: NewMessage) -> bool {
        if message.kind == MessageKind::Cancel {
            // A run that rests could not clean up.
            self.lift(number, message.sent_at);
        }
        let Some(run) = self.runs.get_mut(&number) else {
            return false;
        };
        if run.has_had(&message.msg) {
            return false;
        }
        if let Some(beats) = message.replaces()
            && let Place::Ready(_) = run.row.place
        {
            // Unread heartbeats of its attempt, which nobody can have read.
            let is_old = |old: &Kept| old.used_seq.is_none() && old.message.msg.starts_with(beats);
            run.inbox.retain(|old| !is_old(old));
        }
        let row = &mut run.row;
        row.wakes += 1;
        let NewMessage {
            msg,
            kind,
            name,
            payload,
            sent_at,
            unread_max: _,
        } = message;
        let message = Message {
            msg,
            ord: row.wakes,
            kind,
            name,
            payload,
            sent_at,
        };
        run.inbox.push(Kept {
            message,
            used_seq: None,
            reply: None,
        });
        if kind.wakes_fresh() || run.row.seq > 0 {
            self.wake(number, sent_at, false);
        }
        true
    }

    /// Makes a waiting run due at `at` or earlier; a blocked one only if `unblock`.
    pub(super) fn wake(&mut self, number: RunId, at: Timestamp, unblock: bool) {
        let place = self.runs.get(&number).map(|run| run.row.place.clone());
        if let Some(Place::Ready(mut ready)) = place
            && (unblock || ready.blocked.is_none())
        {
            (ready.blocked, ready.held) = (None, false);
            ready.due_at = Some(ready.due_at.map_or(at, |old| old.min(at)));
            self.put(number, Place::Ready(ready));
        }
    }
}
