//! The table of operations that are under way beside what the workflow itself waits for.

use super::cx::{Blocked, Cx};
use super::live::Live;
use crate::frame::{Checkpoint, Wait};
use crate::operation::{Answered, Resolution};

/// One of them, under its number. Those that have ended stand in the order in which they did.
#[derive(Debug)]
pub(super) struct Spawned {
    op: u64,
    live: Live,
}

impl Spawned {
    fn answer(&self) -> Option<&Resolution> {
        match &self.live {
            Live::Done(done) => Some(&done.answer),
            _ => None,
        }
    }
}

impl Cx {
    /// Goes on with what a checkpoint holds of them.
    pub(super) fn restore_spawned(&self, checkpoint: &Checkpoint) -> Result<(), Blocked> {
        for (op, wait) in &checkpoint.spawned {
            let live = Live::from_stored(wait.clone()).enter(self, || None)?;
            self.shared().spawned.push(Spawned { op: *op, live });
        }
        Ok(())
    }

    /// Hands an answer to the one that waits for it.
    pub(super) fn deliver_spawned(&self, answered: &Answered) {
        for op in self.under_way() {
            let mut live = self.replace_spawned(op, Live::Off);
            let found = live.deliver(self, answered);
            self.replace_spawned(op, live);
            if found {
                return;
            }
        }
    }

    pub(super) fn add_spawned(&self, op: u64, live: Live) {
        let mut shared = self.shared();
        shared.spawned.push(Spawned { op, live });
        shared.stirred = true;
    }

    /// What is stored of them.
    pub(super) fn stored_spawned(&self) -> Vec<(u64, Wait)> {
        let shared = self.shared();
        let each = shared.spawned.iter();
        each.map(|s| (s.op, s.live.stored())).collect()
    }

    /// The numbers of those that have not ended.
    pub(super) fn under_way(&self) -> Vec<u64> {
        let shared = self.shared();
        let each = shared.spawned.iter();
        each.filter(|s| s.answer().is_none())
            .map(|s| s.op)
            .collect()
    }

    /// Puts another state in the place of one; one that has ended goes behind all others.
    pub(super) fn replace_spawned(&self, op: u64, live: Live) -> Live {
        let mut shared = self.shared();
        let Some(at) = shared.spawned.iter().position(|s| s.op == op) else {
            return Live::Off;
        };
        let before = std::mem::replace(&mut shared.spawned[at].live, live);
        if shared.spawned[at].answer().is_some() {
            let ended = shared.spawned.remove(at);
            shared.spawned.push(ended);
        }
        before
    }

    pub(super) fn cancel_spawned(&self, op: u64) {
        let mut shared = self.shared();
        if let Some(spawned) = shared.spawned.iter_mut().find(|s| s.op == op) {
            spawned.live.cancel();
        }
        shared.stirred = true;
    }

    /// Whether it has neither been joined nor dropped.
    pub(super) fn knows(&self, op: u64) -> bool {
        self.shared().spawned.iter().any(|s| s.op == op)
    }

    pub(super) fn has_ended(&self, op: u64) -> bool {
        let shared = self.shared();
        let mut each = shared.spawned.iter();
        each.any(|s| s.op == op && s.answer().is_some())
    }

    pub(super) fn has_failed(&self, op: u64) -> bool {
        let shared = self.shared();
        let mut each = shared.spawned.iter();
        each.any(|s| s.op == op && s.answer().is_some_and(Resolution::is_failure))
    }

    /// Joins the first of these that has ended: its place among them, and what it gave.
    pub(super) fn take_ended(&self, ops: &[u64]) -> Option<(usize, Resolution)> {
        let mut shared = self.shared();
        let mut each = shared.spawned.iter();
        let at = each.position(|s| s.answer().is_some() && ops.contains(&s.op))?;
        let Spawned { op, live } = shared.spawned.remove(at);
        let index = ops.iter().position(|each| *each == op)?;
        match live {
            Live::Done(done) => Some((index, done.answer)),
            _ => None,
        }
    }
}
