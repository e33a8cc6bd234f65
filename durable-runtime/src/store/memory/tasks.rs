//! Tasks: attempts of activities that workers of other queues carry out.

use super::MemoryStore;
use super::state::{Life, State};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    Fence, FenceError, NewTask, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord,
    TaskWrite, Tasks, Written,
};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A task's row.
#[derive(Clone, Debug)]
pub(super) struct Held {
    new: NewTask,
    claimed: Option<(Incarnation, Timestamp)>,
    beat: Option<(Timestamp, Vec<u8>)>,
    cancelled: bool,
    lost: bool,
}

impl Held {
    fn is_of(&self, worker: Incarnation) -> bool {
        self.claimed.is_some_and(|(by, _)| by == worker)
    }

    /// Only its run is to be told.
    fn is_over(&self) -> bool {
        self.cancelled || self.lost
    }
}

impl State {
    /// What the owner of the run writes about a task of it.
    pub(super) fn task_of_owner(&mut self, write: TaskWrite) -> Written {
        let Some(run) = self.runs.get_mut(&write.run()) else {
            return Written::Refused;
        };
        match write {
            TaskWrite::Put(new) => {
                let (claimed, beat, cancelled, lost) = (None, None, false, false);
                let held = Held {
                    new,
                    claimed,
                    beat,
                    cancelled,
                    lost,
                };
                run.tasks.insert(held.new.of.op, held);
            }
            TaskWrite::Cancel { of, message } => {
                let own = run.tasks.get_mut(&of.op).filter(|own| own.new.of == of);
                match own {
                    Some(own) if own.claimed.is_some() => own.cancelled = true,
                    Some(_) => {
                        run.tasks.remove(&of.op);
                        self.put_message(of.run, message);
                    }
                    None => {}
                }
            }
            TaskWrite::Remove { op, .. } => {
                run.tasks.remove(&op);
            }
            TaskWrite::Beat { .. }
            | TaskWrite::Begin { .. }
            | TaskWrite::Return { .. }
            | TaskWrite::Report { .. } => return Written::Refused,
        }
        Written::Done
    }

    /// What the worker of a task writes.
    pub(super) fn task_of_worker(&mut self, worker: Incarnation, write: TaskWrite) -> Written {
        let (TaskWrite::Beat { of, .. }
        | TaskWrite::Begin { of, .. }
        | TaskWrite::Return { of }
        | TaskWrite::Report { of, .. }) = &write
        else {
            return Written::Refused;
        };
        let of = *of;
        let Some(run) = self.runs.get_mut(&of.run) else {
            return Written::Refused;
        };
        let own = run.tasks.get_mut(&of.op);
        let Some(own) = own.filter(|own| own.new.of == of && own.is_of(worker)) else {
            return Written::Refused;
        };
        match write {
            TaskWrite::Beat { at, details, .. } => own.beat = Some((at, details)),
            TaskWrite::Begin { message, .. } => {
                self.put_message(of.run, message);
            }
            TaskWrite::Return { .. } => own.claimed = None,
            TaskWrite::Report { message, .. } => {
                run.tasks.remove(&of.op);
                self.put_message(of.run, message);
            }
            _ => {}
        }
        Written::Done
    }

    fn tasks_mut(&mut self) -> impl Iterator<Item = &mut Held> {
        let runs = self.runs.values_mut();
        runs.flat_map(|run| run.tasks.values_mut())
    }

    /// Others may begin what a worker that retires did not end.
    pub(super) fn release_tasks(&mut self, worker: Incarnation) {
        for own in self.tasks_mut().filter(|own| own.is_of(worker)) {
            own.claimed = None;
        }
    }

    /// Others may say that what dead workers had is lost. Whether there was any.
    pub(super) fn lose_tasks(&mut self) -> bool {
        let alive = self.workers.values().filter(|w| w.life == Life::Alive);
        let alive: Vec<_> = alive.map(|w| w.new.worker).collect();
        let mut any = false;
        for own in self.tasks_mut() {
            if own.claimed.is_some_and(|(by, _)| !alive.contains(&by)) {
                (own.claimed, own.lost, any) = (None, true, true);
            }
        }
        any
    }

    /// Those that may be claimed, in this order.
    fn open_tasks(&self, claim: &TaskClaim) -> Vec<(bool, Timestamp, RunId, u64)> {
        let paused = self.settings(&claim.queue).0.paused;
        let runs = self.runs.values().filter(|run| run.row.paused.is_none());
        let all = runs.flat_map(|run| run.tasks.values());
        let open = all.filter(|own| {
            let here = own.new.queue == claim.queue && !paused;
            let wanted = here && claim.activities.contains(&own.new.activity);
            let free = own.claimed.is_none() && !claim.but.contains(&own.new.of);
            free && (own.is_over() || wanted)
        });
        let key = |own: &Held| {
            let TaskOf { run, op, .. } = own.new.of;
            (!own.is_over(), own.new.put_at, run, op)
        };
        let mut open: Vec<_> = open.map(key).collect();
        open.sort_unstable();
        open
    }
}

#[async_trait]
impl Tasks for MemoryStore {
    async fn claim_tasks(&self, fence: Fence, claim: TaskClaim) -> Result<Vec<Task>, FenceError> {
        let mut state = self.state()?;
        state.check(fence)?;
        let open = state.open_tasks(&claim);
        let mut claimed = Vec::new();
        for (.., number, op) in open.into_iter().take(claim.limit) {
            let Some(run) = state.runs.get_mut(&number) else {
                continue;
            };
            let id = run.row.new.id.clone();
            let Some(own) = run.tasks.get_mut(&op) else {
                continue;
            };
            own.claimed = Some((fence.worker, claim.now));
            claimed.push(Task {
                id,
                new: own.new.clone(),
                beat: own.beat.clone(),
                cancelled: own.cancelled,
                lost: own.lost,
            });
        }
        state.beat(fence);
        Ok(claimed)
    }

    async fn has_tasks(&self, claim: &TaskClaim) -> Result<bool, StoreError> {
        Ok(!self.state()?.open_tasks(claim).is_empty())
    }

    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        let state = self.state()?;
        let all = state.runs.values().flat_map(|run| run.tasks.values());
        let own = all.filter(|own| own.is_of(worker));
        Ok(own.map(|own| (own.new.of, own.cancelled)).collect())
    }

    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        let state = self.state()?;
        let record = |own: &Held| TaskRecord {
            op: own.new.of.op,
            attempt: own.new.of.attempt,
            queue: own.new.queue.clone(),
            put_at: own.new.put_at,
            worker: own.claimed.map(|(by, _)| by),
            claimed_at: own.claimed.map(|(_, at)| at),
            beat_at: own.beat.as_ref().map(|(at, _)| *at),
            cancelled: own.cancelled,
        };
        let run = state.runs.get(&run);
        Ok(run.map_or_else(Vec::new, |run| run.tasks.values().map(record).collect()))
    }

    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        let state = self.state()?;
        let mut queues = BTreeMap::new();
        for own in state.runs.values().flat_map(|run| run.tasks.values()) {
            let name = &own.new.queue;
            let queue = queues.entry(name.clone()).or_insert_with(|| TaskQueue {
                queue: name.clone(),
                waiting: 0,
                running: 0,
                since: None,
            });
            if own.claimed.is_some() {
                queue.running += 1;
            } else {
                queue.waiting += 1;
                let at = own.new.put_at;
                queue.since = Some(queue.since.map_or(at, |since| since.min(at)));
            }
        }
        Ok(queues.into_values().collect())
    }
}
