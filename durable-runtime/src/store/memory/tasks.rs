//! Tasks: attempts of activities that workers of other queues carry out.

use super::MemoryStore;
use super::state::{Life, State};
use super::task_line::{Freed, Number, Stand};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    AttemptOf, Fence, FenceError, Had, NewStep, NewTask, StoreError, Task, TaskClaim, TaskOf,
    TaskQueue, TaskRecord, TaskWrite, Tasks, Written,
};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A task's row.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) new: NewTask,
    pub(super) stand: Stand,
    claimed: Option<(Incarnation, Timestamp)>,
    beat: Option<(Timestamp, Vec<u8>)>,
    cancelled: bool,
    lost: bool,
}

impl Held {
    fn is_of(&self, worker: Incarnation) -> bool {
        self.claimed.is_some_and(|(by, _)| by == worker)
    }

    /// Only its run is to be told, and nobody does that yet.
    fn is_over(&self) -> bool {
        self.claimed.is_none() && (self.cancelled || self.lost)
    }

    pub(super) fn number(&self) -> Number {
        (self.new.of.run, self.new.of.op)
    }

    /// Its turn, if it is in line.
    pub(super) fn turn(&self) -> Option<Had> {
        match self.stand {
            Stand::Line(tag) => Some(self.new.queueing.had(tag)),
            _ => None,
        }
    }

    /// Its queue and its concurrency key.
    pub(super) fn key(&self) -> Option<(String, String)> {
        let key = self.new.queueing.key()?;
        Some((self.new.queue.clone(), key.to_owned()))
    }

    /// Its worker does not carry it out any more: it is before all others of its lane.
    fn back(&mut self, rests: bool) {
        self.claimed = None;
        self.stand = match self.stand {
            _ if self.is_over() => Stand::Over,
            Stand::Over => Stand::Over,
            _ if rests => Stand::Rests,
            _ => Stand::Line(-1),
        };
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
                self.take_task((new.of.run, new.of.op));
                let held = Held {
                    stand: self.stand(&new),
                    claimed: None,
                    beat: None,
                    cancelled: false,
                    lost: false,
                    new,
                };
                if let Some(run) = self.runs.get_mut(&held.new.of.run) {
                    run.tasks.insert(held.new.of.op, held);
                }
            }
            TaskWrite::Cancel { of, message } => {
                let own = run.tasks.get_mut(&of.op).filter(|own| own.new.of == of);
                match own {
                    Some(own) if own.claimed.is_some() => own.cancelled = true,
                    Some(_) => {
                        self.take_task((of.run, of.op));
                        self.put_message(of.run, message);
                    }
                    None => {}
                }
            }
            TaskWrite::Remove { run, op } => self.take_task((run, op)),
            TaskWrite::Beat { .. }
            | TaskWrite::Begin { .. }
            | TaskWrite::Return { .. }
            | TaskWrite::Report { .. } => return Written::Refused,
        }
        Written::Done
    }

    /// Deletes a task, if there is one.
    pub(super) fn take_task(&mut self, (run, op): Number) {
        let run = self.runs.get_mut(&run);
        let gone = run.and_then(|run| run.tasks.remove(&op));
        self.freed_tasks(gone.iter().filter_map(Held::key).collect());
    }

    /// Whether this step is the end of an operation with a task.
    pub(super) fn settles_tasks(&self, step: &NewStep) -> bool {
        let run = self.runs.get(&step.run);
        let settled = |op: &u64| step.settled.contains(&AttemptOf::Activity { op: *op });
        run.is_some_and(|run| run.tasks.keys().any(settled))
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
        let rests = run.row.paused.is_some();
        let own = run.tasks.get_mut(&of.op);
        let Some(own) = own.filter(|own| own.new.of == of && own.is_of(worker)) else {
            return Written::Refused;
        };
        match write {
            TaskWrite::Beat { at, details, .. } => own.beat = Some((at, details)),
            TaskWrite::Begin { message, .. } => {
                self.put_message(of.run, message);
            }
            TaskWrite::Return { .. } => {
                own.back(rests);
                let freed = own.key().into_iter().collect();
                self.freed_tasks(freed);
            }
            TaskWrite::Report { message, .. } => {
                self.take_task((of.run, of.op));
                self.put_message(of.run, message);
            }
            _ => {}
        }
        Written::Done
    }

    /// Others may begin what a worker that retires did not end.
    pub(super) fn release_tasks(&mut self, worker: Incarnation) {
        let mut freed = Freed::new();
        for run in self.runs.values_mut() {
            let rests = run.row.paused.is_some();
            for own in run.tasks.values_mut().filter(|own| own.is_of(worker)) {
                own.back(rests);
                freed.extend(own.key());
            }
        }
        self.freed_tasks(freed);
    }

    /// Others may say that what dead workers had is lost. Whether there was any.
    pub(super) fn lose_tasks(&mut self) -> bool {
        let alive = self.workers.values().filter(|w| w.life == Life::Alive);
        let alive: Vec<_> = alive.map(|w| w.new.worker).collect();
        let (mut any, mut freed) = (false, Freed::new());
        let tasks = self
            .runs
            .values_mut()
            .flat_map(|run| run.tasks.values_mut());
        for own in tasks {
            if own.claimed.is_some_and(|(by, _)| !alive.contains(&by)) {
                (own.claimed, own.lost, any) = (None, true, true);
                own.stand = Stand::Over;
                freed.extend(own.key());
            }
        }
        self.freed_tasks(freed);
        any
    }

    /// Those that are over, and that this claim does not leave to others; the oldest first.
    fn over_tasks(&self, claim: &TaskClaim) -> Vec<Number> {
        let runs = self.runs.values().filter(|run| run.row.paused.is_none());
        let over = runs.flat_map(|run| run.tasks.values());
        let over = over.filter(|own| own.is_over() && !claim.but.contains(&own.new.of));
        let mut over: Vec<_> = over.map(|own| (own.new.put_at, own.number())).collect();
        over.sort_unstable();
        over.into_iter().map(|(_, number)| number).collect()
    }

    /// Those in line that this claim may have, by lane, tag and number.
    fn tasks_in_line(&self, claim: &TaskClaim) -> Vec<(Had, Number)> {
        let fitting = self.of_queue(&claim.queue).filter(|own| fits(claim, own));
        let turns = fitting.filter_map(|own| Some((own.turn()?, own.number())));
        let mut turns: Vec<_> = turns.collect();
        turns.sort_unstable_by_key(|(had, number)| (had.lane, had.tag, *number));
        turns
    }

    fn carry(
        &mut self,
        number: Number,
        stand: Stand,
        by: (Incarnation, Timestamp),
    ) -> Option<Task> {
        let id = self.runs.get(&number.0)?.row.new.id.clone();
        let own = self.held(number)?;
        (own.claimed, own.stand) = (Some(by), stand);
        Some(Task {
            id,
            new: own.new.clone(),
            beat: own.beat.clone(),
            cancelled: own.cancelled,
            lost: own.lost,
        })
    }
}

fn fits(claim: &TaskClaim, own: &Held) -> bool {
    claim.activities.contains(&own.new.activity) && !claim.but.contains(&own.new.of)
}

#[async_trait]
impl Tasks for MemoryStore {
    async fn claim_tasks(&self, fence: Fence, claim: TaskClaim) -> Result<Vec<Task>, FenceError> {
        let mut state = self.state()?;
        state.check(fence)?;
        let by = (fence.worker, claim.now);
        let over = state.over_tasks(&claim).into_iter().take(claim.limit);
        let mut claimed: Vec<_> = over
            .filter_map(|n| state.carry(n, Stand::Over, by))
            .collect();
        let left = claim.limit - claimed.len();
        if left > 0 && !claim.activities.is_empty() {
            let room = state.room_for_tasks(&claim.queue, claim.now).min(left);
            let mut open = state.tasks_in_line(&claim);
            open.truncate(room);
            let (turns, numbers): (Vec<_>, Vec<_>) = open.into_iter().unzip();
            let carried = numbers.into_iter();
            claimed.extend(carried.filter_map(|n| state.carry(n, Stand::Carried, by)));
            state.served_tasks(&claim.queue, turns, claim.now);
        }
        state.beat(fence);
        Ok(claimed)
    }

    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        let state = self.state()?;
        if !state.over_tasks(claim).is_empty() {
            return Ok(Some(claim.now));
        }
        if claim.activities.is_empty() {
            return Ok(None);
        }
        Ok(state.tasks_open(&claim.queue, claim.now, |own| fits(claim, own)))
    }

    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError> {
        let state = self.state()?;
        let count = |stands: fn(Stand) -> bool| {
            let tasks = state.of_queue(queue);
            tasks.filter(|own| stands(own.stand)).take(at_most).count()
        };
        let waiting = count(|stand| matches!(stand, Stand::Line(_) | Stand::Joins));
        Ok((waiting, count(|stand| stand == Stand::Carried)))
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
            waits_for: state.task_waits_for(own),
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
            if own.stand == Stand::Carried {
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
