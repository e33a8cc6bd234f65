//! The hub's part in attempts for workflows of other queues: when to claim some, and what their
//! workflows want of them.

use super::super::gates::Gates;
use super::super::life::{Life, Stage};
use super::super::tasks::{Asked, Left, carry_out};
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
    Over(TaskOf, Left, Busy),
}

/// Those that run here.
pub(super) struct Tasks {
    /// The activities of this worker.
    activities: Arc<Vec<String>>,
    claiming: Errand,
    watching: Errand,
    running: HashMap<TaskOf, Running>,
    /// It has returned one that it cannot read: others go first.
    rests: bool,
}

/// One that runs here.
struct Running {
    activity: String,
    ask: watch::Sender<Asked>,
}

impl Tasks {
    pub(super) fn new(registry: &Registry) -> Self {
        let activities = registry.activities().map(str::to_owned);
        Self {
            activities: Arc::new(activities.collect()),
            claiming: Errand::Idle,
            watching: Errand::Idle,
            running: HashMap::new(),
            rests: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// What to claim, together `limit` at most: each activity with a gate for itself, up to what its
    /// gate lets in, and then the others.
    fn wanted(&self, gates: &Gates, limit: usize) -> Vec<(Vec<String>, usize)> {
        let (gated, others): (Vec<_>, Vec<_>) =
            (self.activities.iter().cloned()).partition(|activity| gates.has(activity));
        let room = |activity: &String| {
            let running = self.running.values();
            let here = running.filter(|own| own.activity == *activity).count();
            gates.room(activity, here).min(limit)
        };
        let own = gated.into_iter().map(|own| (room(&own), vec![own]));
        let own = own.filter(|(room, _)| *room > 0);
        let own = own.map(|(room, activities)| (activities, room));
        own.chain([(others, limit)]).collect()
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
            TasksEvent::Over(of, left, busy) => {
                self.tasks.running.remove(&of);
                self.tasks.rests |= left == Left::Returned;
                self.claim_tasks();
                drop(busy);
            }
        }
    }

    /// Tries again what this worker could not read a while ago.
    pub(super) fn rested(&mut self) {
        if std::mem::take(&mut self.tasks.rests) {
            self.claim_tasks();
        }
    }

    pub(super) fn claim_tasks(&mut self) {
        let (life, tasks) = (self.life.clone(), &mut self.tasks);
        let slots = life.options.max_activities;
        // Those that run may not have taken their slots yet.
        let free = slots.saturating_sub(tasks.running.len());
        let free = free.min(life.activities.available_permits());
        let limit = free.min(life.options.claim_batch);
        let idle = limit == 0 || tasks.rests;
        if *self.stage.borrow() > Stage::Run || idle || !tasks.claiming.wanted() {
            return;
        }
        let (wanted, busy) = (tasks.wanted(&life.gates, limit), life.clock.busy());
        self.jobs.spawn(async move {
            let claimed = claim(&life, wanted, limit).await;
            WorkerEvent::Tasks(TasksEvent::Claimed(claimed, limit, busy))
        });
    }

    fn carry_out(&mut self, task: Task) {
        if *self.stage.borrow() > Stage::Run {
            // Others can have it when this worker has retired.
            return;
        }
        let (ask, asked) = watch::channel(Asked::GoOn);
        let activity = task.new.activity.clone();
        let running = Running { activity, ask };
        self.tasks.running.insert(task.new.of, running);
        let (life, busy) = (self.life.clone(), self.life.clock.busy());
        self.jobs.spawn(async {
            let (of, left, busy) = carry_out(life, task, asked, busy).await;
            WorkerEvent::Tasks(TasksEvent::Over(of, left, busy))
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
            if let Some(own) = self.tasks.running.get(of) {
                own.ask
                    .send_if_modified(|asked| std::mem::replace(asked, wanted) != wanted);
            }
        }
    }
}

/// Claims up to `left` of these.
async fn claim(life: &Life, wanted: Vec<(Vec<String>, usize)>, mut left: usize) -> Vec<Task> {
    let queue = life.options.queue.as_str();
    let mut claimed = Vec::new();
    for (activities, most) in wanted {
        let limit = most.min(left);
        // A claim is a commit, a look is not.
        let found = match life.store.has_tasks(queue, &activities).await {
            Ok(found) => found && limit > 0,
            Err(error) => {
                tracing::warn!(%error, "cannot look for activities of other queues");
                break;
            }
        };
        if !found {
            continue;
        }
        let claim = TaskClaim {
            queue: queue.to_owned(),
            activities,
            now: life.clock.now(),
            limit,
        };
        let more = life.committer.claim_tasks(claim).await.unwrap_or_default();
        left -= more.len();
        claimed.extend(more);
    }
    claimed
}
