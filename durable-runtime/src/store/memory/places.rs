//! Places of runs under way, and what is set for a queue.

use super::MemoryStore;
use super::line::{Gate, Line};
use super::run::{Ready, Run};
use super::state::State;
use crate::id::{RunId, Timestamp};
use crate::store::{
    NewRun, Phase, QueueChange, QueueRecord, QueueSettings, Queues, StoreError, limits,
};
use async_trait::async_trait;
use std::collections::BTreeMap;

#[async_trait]
impl Queues for MemoryStore {
    async fn change_queue(
        &self,
        queue: &str,
        change: QueueChange,
    ) -> Result<QueueSettings, StoreError> {
        limits::check_queue(queue)?;
        let settings = self.state()?.change_queue(queue, change);
        self.ring(true);
        Ok(settings)
    }

    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        let state = self.state()?;
        let mut found: BTreeMap<_, _> = state.queues.keys().map(|name| (name, (0, 0))).collect();
        for run in state
            .runs
            .values()
            .filter(|run| run.row.phase == Phase::Running)
        {
            let (waiting, running) = found.entry(&run.row.queue).or_default();
            if run.has_begun() {
                *running += 1;
            } else {
                *waiting += 1;
            }
        }
        let record = |(name, (waiting, running)): (&String, _)| QueueRecord {
            name: name.clone(),
            settings: state.settings(name).0,
            waiting,
            running,
        };
        Ok(found.into_iter().map(record).collect())
    }

    async fn has_line(&self, queue: &str) -> Result<bool, StoreError> {
        Ok(self.state()?.lines.contains_key(queue))
    }

    async fn depth(
        &self,
        queue: &str,
        now: Timestamp,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        let state = self.state()?;
        let runs = state.runs.values().filter(|run| run.row.queue == queue);
        Ok(runs.filter(|run| run.waits(now)).take(at_most).count())
    }
}

impl Run {
    /// Whether it waits for a worker.
    fn waits(&self, now: Timestamp) -> bool {
        let may_begin = |ready: &Ready| match ready.gate {
            Gate::Open | Gate::Late => ready.due_at.is_some_and(|at| at <= now),
            Gate::Line(_) | Gate::Shares(_) => true,
            Gate::Key => false,
        };
        let ready = self.row.place.ready();
        let ready = ready.filter(|ready| ready.blocked.is_none() && self.row.paused.is_none());
        ready.is_some_and(may_begin)
    }

    /// Whether it is under way, in a queue with a line or not.
    fn has_begun(&self) -> bool {
        self.row.place.ready().is_none_or(|ready| {
            let begun = self.row.seq > 0 || ready.blocked.is_some() || self.row.placed.is_some();
            ready.gate == Gate::Open && begun
        })
    }
}

impl State {
    fn change_queue(&mut self, queue: &str, change: QueueChange) -> QueueSettings {
        let (old, filled) = self.settings(queue);
        let settings = change.apply(old);
        let filled = if settings.rate == old.rate { filled } else { 0 };
        if settings.is_default() {
            self.queues.remove(queue);
        } else {
            self.queues.insert(queue.to_owned(), (settings, filled));
        }
        if settings.activity_rate != old.activity_rate {
            self.filled.remove(queue);
        }
        if settings.activity_per_key != old.activity_per_key {
            self.rearrange_tasks(queue);
        }
        if settings.of_starts() != old.of_starts() {
            self.rearrange(queue, settings.per_key != old.per_key);
        }
        settings
    }

    /// Under other settings, lets those join who wait for a start without a line, and counts those that
    /// have begun without one. If the limit of a key is another, all join anew; else those in line keep
    /// their turns.
    fn rearrange(&mut self, queue: &str, of_keys: bool) {
        let running = |run: &&mut Run| run.row.queue == queue && run.row.phase == Phase::Running;
        let mut anew = Vec::new();
        for run in self.runs.values_mut().filter(running) {
            if run.has_begun() {
                run.row.placed = run.row.placed.or(Some(false));
            } else if of_keys || run.row.place.ready().is_some_and(|r| r.gate == Gate::Open) {
                anew.push(run.row.new.run);
            }
        }
        for number in anew {
            self.set_gate(number, Gate::Late);
        }
        let line = self.lines.entry(queue.to_owned()).or_default();
        if of_keys {
            *line = Line::default();
        }
    }

    /// What is set for a queue, and how its bucket is filled.
    pub(super) fn settings(&self, queue: &str) -> (QueueSettings, i64) {
        self.queues.get(queue).copied().unwrap_or_default()
    }

    fn placed<'a>(&'a self, queue: &'a str) -> impl Iterator<Item = (&'a Run, bool)> {
        self.runs.values().filter_map(move |run| {
            let here = run.row.queue == queue && run.row.phase == Phase::Running;
            Some((run, run.row.placed.filter(|_| here)?))
        })
    }

    /// How many places of a queue are taken.
    pub(super) fn taken(&self, queue: &str) -> u64 {
        self.placed(queue).filter(|(_, shares)| !shares).count() as u64
    }

    /// How many of a concurrency key are under way, or in line.
    pub(super) fn of_key(&self, queue: &str, key: &str) -> u64 {
        let of = |run: &Run| run.row.key.as_deref() == Some(key);
        let under_way = self.placed(queue).filter(|(run, _)| of(run));
        let in_line = self
            .waiting(queue)
            .filter(|(gate, run)| matches!(gate, Gate::Line(_) | Gate::Shares(_)) && of(run));
        (under_way.count() + in_line.count()) as u64
    }

    /// The first that waits behind others of its concurrency key.
    pub(super) fn behind(&self, queue: &str, key: &str) -> Option<RunId> {
        let waits = self.waiting(queue).filter(|(gate, run)| {
            *gate == Gate::Key && run.row.paused.is_none() && run.row.key.as_deref() == Some(key)
        });
        let order = |(_, run): &(Gate, &Run)| {
            let due_at = run.row.place.ready().and_then(|ready| ready.due_at);
            (run.row.new.queueing.lane(), due_at, run.row.new.run)
        };
        waits.min_by_key(order).map(|(_, run)| run.row.new.run)
    }

    /// All that wait behind others of their keys.
    pub(super) fn behind_keys(&self) -> Vec<RunId> {
        let behind = |run: &Run| run.row.place.ready().is_some_and(|r| r.gate == Gate::Key);
        let behind = self.runs.iter().filter(|(_, run)| behind(run));
        behind.map(|(number, _)| *number).collect()
    }

    /// A start that waits in line leaves it while it rests, and joins it anew when it goes on.
    pub(super) fn leave_line(&mut self, number: RunId) {
        let Some(run) = self.runs.get(&number) else {
            return;
        };
        if run
            .row
            .place
            .ready()
            .is_some_and(|ready| ready.gate != Gate::Open)
        {
            let (queue, key) = (run.row.queue.clone(), run.row.key.clone());
            self.set_gate(number, Gate::Late);
            if let Some(key) = key {
                self.freed(&queue, &key);
            }
        }
    }

    /// The placed runs in its queue above a child, as far as each waits for the one below.
    fn above(&self, new: &NewRun) -> impl Iterator<Item = &Run> {
        let up = |parent: Option<crate::store::Parent>| {
            let parent = parent.filter(crate::store::Parent::waits)?;
            let run = self.runs.get(&parent.run);
            run.filter(|run| run.row.phase == Phase::Running)
        };
        let queue = new.queue.clone();
        std::iter::successors(up(new.parent), move |run| up(run.row.new.parent))
            .filter(move |run| run.row.queue == queue && run.row.placed.is_some())
    }

    pub(super) fn shares_place(&self, new: &NewRun) -> bool {
        self.above(new).next().is_some()
    }

    pub(super) fn shares_key(&self, new: &NewRun, key: &str) -> bool {
        self.above(new)
            .any(|run| run.row.key.as_deref() == Some(key))
    }
}
