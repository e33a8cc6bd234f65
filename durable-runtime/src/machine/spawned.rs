//! The table of operations that are under way beside what the workflow itself waits for.

use super::cx::{Blocked, Cx};
use super::live::Live;
use crate::frame::{Checkpoint, Done, Wait};
use crate::operation::{Answered, Resolution};
use std::collections::BTreeMap;

/// All of them, each under its number. Every turn looks at each that is under way, so that finding one
/// must not mean looking at all.
#[derive(Debug, Default)]
pub(super) struct Spawned {
    /// Has no answer; `Live::Off` while it has its turn.
    under_way: BTreeMap<u64, Live>,
    ended: BTreeMap<u64, Ended>,
    /// How many have ended so far.
    ends: u64,
}

#[derive(Debug)]
struct Ended {
    /// How many ended before it.
    place: u64,
    done: Done,
}

impl Spawned {
    fn put(&mut self, op: u64, live: Live) {
        match live {
            Live::Done(done) => {
                self.under_way.remove(&op);
                let place = self.ends;
                self.ends += 1;
                self.ended.insert(op, Ended { place, done });
            }
            live => {
                self.under_way.insert(op, live);
            }
        }
    }

    fn replace(&mut self, op: u64, live: Live) -> Live {
        match self.under_way.get_mut(&op) {
            Some(place) => {
                let before = std::mem::replace(place, Live::Off);
                self.put(op, live);
                before
            }
            None => Live::Off,
        }
    }

    /// Those that have ended stand behind the others, in the order in which they did.
    fn stored(&self) -> Vec<(u64, Wait)> {
        let mut ended: Vec<_> = self.ended.iter().collect();
        ended.sort_unstable_by_key(|(_, ended)| ended.place);
        let ended = ended.into_iter();
        let ended = ended.map(|(op, ended)| (*op, Wait::Done(ended.done.clone())));
        let under_way = self.under_way.iter();
        let under_way = under_way.map(|(op, live)| (*op, live.stored()));
        under_way.chain(ended).collect()
    }

    fn first_ended(&self, ops: &[u64]) -> Option<usize> {
        let ended = |(at, op)| Some((self.ended.get(op)?.place, at));
        let first = ops.iter().enumerate().filter_map(ended).min();
        first.map(|(_, at)| at)
    }
}

impl Cx {
    /// Goes on with what a checkpoint holds of them.
    pub(super) fn restore_spawned(&self, checkpoint: &Checkpoint) -> Result<(), Blocked> {
        for (op, wait) in &checkpoint.spawned {
            let live = Live::from_stored(wait.clone()).enter(self, || None)?;
            self.shared().spawned.put(*op, live);
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
        shared.spawned.put(op, live);
        shared.stirred = true;
    }

    /// What is stored of them.
    pub(super) fn stored_spawned(&self) -> Vec<(u64, Wait)> {
        self.shared().spawned.stored()
    }

    /// The numbers of those that have not ended.
    pub(super) fn under_way(&self) -> Vec<u64> {
        self.shared().spawned.under_way.keys().copied().collect()
    }

    /// Puts another state in the place of one that is under way; what it was.
    pub(super) fn replace_spawned(&self, op: u64, live: Live) -> Live {
        self.shared().spawned.replace(op, live)
    }

    pub(super) fn cancel_spawned(&self, op: u64) {
        let mut shared = self.shared();
        if let Some(live) = shared.spawned.under_way.get_mut(&op) {
            live.cancel();
        }
        shared.stirred = true;
    }

    /// Whether it has neither been joined nor dropped.
    pub(super) fn knows(&self, op: u64) -> bool {
        let spawned = &self.shared().spawned;
        spawned.under_way.contains_key(&op) || spawned.ended.contains_key(&op)
    }

    pub(super) fn has_ended(&self, op: u64) -> bool {
        self.shared().spawned.ended.contains_key(&op)
    }

    pub(super) fn has_failed(&self, op: u64) -> bool {
        let shared = self.shared();
        let ended = shared.spawned.ended.get(&op);
        ended.is_some_and(|ended| ended.done.answer.is_failure())
    }

    /// Joins the first of these that has ended: its place among them, and what it gave.
    pub(super) fn take_ended(&self, ops: &[u64]) -> Option<(usize, Resolution)> {
        let spawned = &mut self.shared().spawned;
        let index = spawned.first_ended(ops)?;
        let ended = spawned.ended.remove(&ops[index])?;
        Some((index, ended.done.answer))
    }
}
