//! How far activities have come, and which of them are asked to stop and waited for.

use super::super::instance::{Doing, Instance, Recorded, Underway};
use crate::id::Timestamp;
use crate::operation::Resolution;
use crate::store::{Note, Write};

impl Instance {
    /// An attempt of this operation has said a heartbeat.
    pub(in crate::engine) fn heard(&mut self, op: u64, at: Timestamp, details: Vec<u8>) {
        if let Some(own) = self.underway_mut(op) {
            own.progress.heard(at, details);
            own.record = Recorded::NotYet;
        }
    }

    /// What the next attempt of this operation is to know of the one before.
    pub(in crate::engine) fn last_details(&self, op: u64) -> Option<Vec<u8>> {
        self.underway(op)?.progress.last_details()
    }

    /// Whether the attempt of this operation is to be told that it should stop.
    pub(in crate::engine) fn is_asked_to_stop(&self, op: u64) -> bool {
        let own = self.underway(op);
        own.is_some_and(|own| own.running && own.progress.cancelled)
    }

    /// Whether it was asked to stop before.
    pub(super) fn was_asked_to_stop(&self, op: u64) -> bool {
        self.underway(op).is_some_and(|own| own.progress.cancelled)
    }

    /// What it has given, if that is on record and the code has not been given it.
    pub(super) fn done(&self, op: u64) -> Option<&[u8]> {
        self.underway(op)?.done.as_deref()
    }

    /// Whether nobody here or elsewhere will go on with this operation.
    pub(in crate::engine) fn has_given_up(&self, op: u64) -> bool {
        let cancelled = |given: &[crate::operation::Answered]| {
            let mut own = given.iter().filter(|answered| answered.op == op);
            own.any(|answered| answered.answer == Resolution::Cancelled)
        };
        match &self.doing {
            Doing::Turn(given) if cancelled(given) => true,
            _ => self.underway(op).is_none(),
        }
    }

    /// These activities are to stop, and are waited for.
    pub(super) fn ask_to_stop(&mut self, ops: &[u64], now: Timestamp) {
        for op in ops {
            if let Some(own) = self.underway_mut(*op)
                && !own.progress.cancelled
            {
                own.progress.cancelled = true;
                own.record = Recorded::NotYet;
                if own.progress.queued.is_some() {
                    self.cancel_task(*op, now);
                }
            }
        }
    }

    /// Lets what is not on record join the next commit.
    pub(super) fn put_down(&mut self) {
        for own in &mut self.ops {
            if own.record == Recorded::NotYet {
                own.record = Recorded::Yes;
                self.carry.push(Write::Note(Note {
                    run: self.run,
                    op: own.op,
                    body: own.progress.encode(),
                    consumed: std::mem::take(&mut own.heard),
                }));
            }
        }
    }

    pub(super) fn underway(&self, op: u64) -> Option<&Underway> {
        let at = self.ops.binary_search_by_key(&op, |own| own.op).ok()?;
        Some(&self.ops[at])
    }

    pub(super) fn underway_mut(&mut self, op: u64) -> Option<&mut Underway> {
        let at = self.ops.binary_search_by_key(&op, |own| own.op).ok()?;
        Some(&mut self.ops[at])
    }
}
