//! The tables of the memory store, the fence, and the few functions that may move a run.

use super::line::{Gate, Line};
use super::run::{Place, Run};
use crate::id::{Incarnation, RunId, ScheduleId, Timestamp, WorkflowId};
use crate::store::{
    CHAIN_MAX, Fence, FenceError, NewWorker, QueueSettings, ScheduleRecord, WORKER_KEPT,
    WORKERS_FORGOTTEN_MAX,
};
use std::collections::{BTreeMap, BTreeSet};

/// A worker's row.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) new: NewWorker,
    pub(super) beat: i64,
    pub(super) lease_until: Timestamp,
    pub(super) life: Life,
}

/// Whether a worker may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Alive,
    /// Its lease ran out.
    Dead,
    /// It ended in good order.
    Retired,
}

/// Everything.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) workers: BTreeMap<Incarnation, Worker>,
    pub(super) runs: BTreeMap<RunId, Run>,
    /// The current run of each id.
    pub(super) ids: BTreeMap<WorkflowId, RunId>,
    /// All runs by id.
    of_id: BTreeSet<(WorkflowId, RunId)>,
    /// Claimable runs by time, without those in line: an index over `Place::Ready`.
    pub(super) due: BTreeSet<(Timestamp, RunId)>,
    /// Owned runs by owner: an index over `Place::Owned`.
    pub(super) owned: BTreeSet<(Incarnation, RunId)>,
    /// Runs by the run that started them.
    pub(super) children: BTreeSet<(RunId, RunId)>,
    /// Lines of starts, by queue.
    pub(super) lines: BTreeMap<String, Line>,
    /// What is set for queues, and how their buckets are filled.
    pub(super) queues: BTreeMap<String, (QueueSettings, i64)>,
    /// Lines of activities, by queue, and how their buckets are filled.
    pub(super) task_lines: BTreeMap<String, Line>,
    pub(super) filled: BTreeMap<String, i64>,
    pub(super) schedules: BTreeMap<ScheduleId, ScheduleRecord>,
}

impl State {
    /// Whether this fence would hold, without moving it.
    pub(super) fn check(&self, fence: Fence) -> Result<(), FenceError> {
        let worker = self
            .workers
            .get(&fence.worker)
            .ok_or(FenceError::HistoryLost)?;
        match worker {
            worker if worker.life != Life::Alive => Err(FenceError::Dead),
            worker if worker.beat == fence.beat => Ok(()),
            worker if worker.beat == fence.beat + 1 => Err(FenceError::AlreadyApplied),
            _ => Err(FenceError::HistoryLost),
        }
    }

    /// Moves a fence that holds: the last act of a transaction.
    pub(super) fn beat(&mut self, fence: Fence) {
        if let Some(worker) = self.workers.get_mut(&fence.worker) {
            worker.beat += 1;
            worker.lease_until = fence.lease_until;
        }
    }

    /// Puts a run somewhere else and keeps the indexes true. The only way to change a place.
    pub(super) fn put(&mut self, number: RunId, place: Place) {
        let Some(mut run) = self.runs.remove(&number) else {
            return;
        };
        self.unindex(number, &run.row.place);
        self.index(number, &place);
        run.row.place = place;
        self.runs.insert(number, run);
    }

    fn index(&mut self, run: RunId, place: &Place) {
        match place {
            Place::Owned(owner) => {
                self.owned.insert((*owner, run));
            }
            Place::Ready(ready) if ready.gate == Gate::Open => {
                self.due.extend(ready.due_at.map(|at| (at, run)));
            }
            Place::Ready(_) | Place::Finished => {}
        }
    }

    fn unindex(&mut self, run: RunId, place: &Place) {
        match place {
            Place::Owned(owner) => {
                self.owned.remove(&(*owner, run));
            }
            Place::Ready(ready) => {
                if let Some(at) = ready.due_at {
                    self.due.remove(&(at, run));
                }
            }
            Place::Finished => {}
        }
    }

    /// Starts a run.
    pub(super) fn begin(&mut self, mut run: Run) {
        let new = run.row.new.clone();
        if let Place::Ready(ready) = &mut run.row.place {
            (ready.gate, run.row.key) = self.gate(&new);
        }
        self.insert(run);
        self.orphan(&new);
    }

    /// Adds a run as the current one of its id.
    pub(super) fn insert(&mut self, run: Run) {
        let number = run.row.new.run;
        self.index(number, &run.row.place);
        if run.row.current {
            self.ids.insert(run.row.new.id.clone(), number);
        }
        self.of_id.insert((run.row.new.id.clone(), number));
        if let Some(parent) = run.row.new.parent {
            self.children.insert((parent.run, number));
        }
        self.runs.insert(number, run);
    }

    /// Removes a run as if it had never been.
    pub(super) fn take(&mut self, number: RunId) -> Option<Run> {
        let run = self.runs.remove(&number)?;
        self.unindex(number, &run.row.place);
        if self.ids.get(&run.row.new.id) == Some(&number) {
            self.ids.remove(&run.row.new.id);
        }
        self.of_id.remove(&(run.row.new.id.clone(), number));
        if let Some(parent) = run.row.new.parent {
            self.children.remove(&(parent.run, number));
        }
        Some(run)
    }

    /// The current run of an id.
    pub(super) fn current(&self, id: &WorkflowId) -> Option<&Run> {
        self.ids.get(id).and_then(|run| self.runs.get(run))
    }

    /// All runs of an id, latest first.
    pub(super) fn of_id(&self, id: &WorkflowId) -> impl Iterator<Item = &Run> {
        let all = (id.clone(), RunId(i64::MIN))..=(id.clone(), RunId(i64::MAX));
        let all = self.of_id.range(all).rev();
        all.filter_map(|(_, run)| self.runs.get(run))
    }

    /// A run, and those that go on in its place.
    pub(super) fn chain(&self, run: RunId) -> impl Iterator<Item = &Run> {
        std::iter::successors(self.runs.get(&run), |run| {
            run.row.next.and_then(|next| self.runs.get(&next))
        })
    }

    /// A run, and those that it goes on for, latest first; only so many.
    pub(super) fn chain_before(&self, run: RunId) -> impl Iterator<Item = &Run> {
        std::iter::successors(self.runs.get(&run), |run| {
            run.row.before.and_then(|before| self.runs.get(&before))
        })
        .take(1 + CHAIN_MAX as usize)
    }

    /// The runs of one owner.
    pub(super) fn owned_by(&self, owner: Incarnation) -> impl Iterator<Item = RunId> + '_ {
        let all = (owner, RunId(i64::MIN))..=(owner, RunId(i64::MAX));
        self.owned.range(all).map(|(_, run)| *run)
    }

    /// Forgets workers that are long gone and own nothing.
    pub(super) fn forget_workers(&mut self, now: Timestamp) {
        let gone = self.workers.iter().filter(|(worker, row)| {
            row.life != Life::Alive
                && row.lease_until.after(WORKER_KEPT) < now
                && self.owned_by(**worker).next().is_none()
        });
        let gone = gone.map(|(worker, _)| *worker).take(WORKERS_FORGOTTEN_MAX);
        for worker in gone.collect::<Vec<_>>() {
            self.workers.remove(&worker);
        }
    }

    /// Whether `worker` can never write again.
    pub(super) fn is_dead(&self, worker: Incarnation) -> bool {
        self.workers
            .get(&worker)
            .is_none_or(|w| w.life != Life::Alive)
    }
}
