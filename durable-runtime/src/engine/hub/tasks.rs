//! The hub's part in attempts for workflows of other queues: when to claim some, and what their
//! workflows want of them.

use super::super::life::Stage;
use super::super::tasks::{Asked, carry_out};
use super::errand::Errand;
use super::{Hub, WorkerEvent};
use crate::clock::Busy;
use crate::registry::Registry;
use crate::store::{Task, TaskClaim, TaskOf};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::watch;

/// What is new of them.
#[derive(Debug)]
pub(in crate::engine) enum TasksEvent {
    /// A claim of up to so many is done.
    Claimed(Vec<Task>, usize, Busy),
    /// Of these that run, those that are still ours, and whether each is to stop; none if the store
    /// could not say.
    Seen(Vec<TaskOf>, Option<HashMap<TaskOf, bool>>, Busy),
    /// One is over.
    Over(TaskOf, Busy),
}

/// Those that run here.
pub(super) struct Tasks {
    /// The activities of this worker.
    activities: Arc<Vec<String>>,
    claiming: Errand,
    watching: Errand,
    running: HashMap<TaskOf, watch::Sender<Asked>>,
}

impl Tasks {
    pub(super) fn new(registry: &Registry) -> Self {
        let activities = registry.activities().map(str::to_owned);
        Self {
            activities: Arc::new(activities.collect()),
            claiming: Errand::Idle,
            watching: Errand::Idle,
            running: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

impl Hub<'_> {
    /// Claims as many as there are free slots, and looks after those that run.
    pub(super) fn serve(&mut self) {
        self.claim_tasks();
        self.watch_tasks();
    }

    pub(super) fn served(&mut self, event: TasksEvent) {
        match event {
            TasksEvent::Claimed(tasks, limit, busy) => {
                let again = self.tasks.claiming.back() || tasks.len() == limit;
                for task in tasks {
                    self.carry_out(task);
                }
                if again {
                    self.claim_tasks();
                }
                drop(busy);
            }
            TasksEvent::Seen(known, found, busy) => {
                if let Some(found) = found {
                    self.ask_tasks(&known, &found);
                }
                if self.tasks.watching.back() {
                    self.watch_tasks();
                }
                drop(busy);
            }
            TasksEvent::Over(of, busy) => {
                self.tasks.running.remove(&of);
                self.claim_tasks();
                drop(busy);
            }
        }
    }

    fn claim_tasks(&mut self) {
        let (life, tasks) = (self.life.clone(), &mut self.tasks);
        let slots = life.options.max_activities;
        // Those that run may not have taken their slots yet.
        let free = slots.saturating_sub(tasks.running.len());
        let free = free.min(life.activities.available_permits());
        let limit = free.min(life.options.claim_batch);
        let idle = limit == 0 || tasks.activities.is_empty();
        if *self.stage.borrow() > Stage::Run || idle || !tasks.claiming.wanted() {
            return;
        }
        let (activities, busy) = (tasks.activities.clone(), life.clock.busy());
        self.jobs.spawn(async move {
            let queue = life.options.queue.as_str();
            // A claim is a commit, a look is not.
            let found = match life.store.has_tasks(queue, &activities).await {
                Ok(found) => found,
                Err(error) => {
                    tracing::warn!(%error, "cannot look for activities of other queues");
                    false
                }
            };
            let claim = TaskClaim {
                queue: queue.to_owned(),
                activities: activities.to_vec(),
                now: life.clock.now(),
                limit,
            };
            let claimed = if found {
                life.committer.claim_tasks(claim).await
            } else {
                None
            };
            let claimed = claimed.unwrap_or_default();
            WorkerEvent::Tasks(TasksEvent::Claimed(claimed, limit, busy))
        });
    }

    fn carry_out(&mut self, task: Task) {
        if *self.stage.borrow() > Stage::Run {
            // Others can have it when this worker has retired.
            return;
        }
        let (ask, asked) = watch::channel(Asked::GoOn);
        self.tasks.running.insert(task.new.of, ask);
        let (life, busy) = (self.life.clone(), self.life.clock.busy());
        self.jobs.spawn(async {
            let (of, busy) = carry_out(life, task, asked, busy).await;
            WorkerEvent::Tasks(TasksEvent::Over(of, busy))
        });
    }

    fn watch_tasks(&mut self) {
        let tasks = &mut self.tasks;
        if tasks.is_empty() || !tasks.watching.wanted() {
            return;
        }
        let known: Vec<TaskOf> = tasks.running.keys().copied().collect();
        let (life, busy) = (self.life.clone(), self.life.clock.busy());
        self.jobs.spawn(async move {
            let found = match life.store.tasks_of(life.worker).await {
                Ok(found) => Some(found.into_iter().collect()),
                Err(error) => {
                    tracing::warn!(%error, "cannot look after activities of other queues");
                    None
                }
            };
            WorkerEvent::Tasks(TasksEvent::Seen(known, found, busy))
        });
    }

    fn ask_tasks(&mut self, known: &[TaskOf], found: &HashMap<TaskOf, bool>) {
        for of in known {
            let wanted = match found.get(of) {
                Some(false) => Asked::GoOn,
                Some(true) => Asked::Stop,
                None => Asked::Drop,
            };
            if let Some(ask) = self.tasks.running.get(of) {
                ask.send_if_modified(|asked| std::mem::replace(asked, wanted) != wanted);
            }
        }
    }
}
