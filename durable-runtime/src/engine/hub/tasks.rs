//! The hub's part in attempts for workflows of other queues: when to claim some, and what their
//! workflows want of them.

use super::super::gates::Gates;
use super::super::life::{Life, Stage};
use super::super::tasks::{Asked, Left, carry_out, give_back};
use super::errand::Errand;
use super::{Hub, WorkerEvent};
use crate::clock::Busy;
use crate::id::Timestamp;
use crate::registry::Registry;
use crate::store::{StoreError, Task, TaskClaim, TaskOf};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::watch;

/// How many that are over are claimed at once.
const OVER_MAX: usize = 32;

/// With more than these that cannot be read, a worker claims nothing until it looks for them again.
const RETURNED_MAX: usize = 1_000;

/// What is new of them.
#[derive(Debug)]
pub(in crate::engine) enum TasksEvent {
    /// A claim is done.
    Claimed(Vec<Task>, Next, Busy),
    /// Of these that run, those that are still ours, and whether each is to stop; none if the store
    /// could not say.
    Seen(Vec<TaskOf>, Option<HashMap<TaskOf, bool>>, Busy),
    /// One is over.
    Over(TaskOf, Left, Busy),
}

/// When to claim again, if nothing happens before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Next {
    /// At once: there may be more, or only the store can say until when there is no room.
    Again,
    /// Then a limit of the queue may leave room.
    At(Option<Timestamp>),
}

/// Those that run here.
pub(super) struct Tasks {
    /// The activities of this worker.
    activities: Arc<Vec<String>>,
    claiming: Errand,
    watching: Errand,
    running: HashMap<TaskOf, Running>,
    /// Those that it could not read, until it looks for them again.
    returned: HashSet<TaskOf>,
    /// Who is first in the next claim.
    turn: usize,
    /// When a limit of the queue leaves room again, as the last claim has seen it.
    opens: Option<Timestamp>,
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
            returned: HashSet::new(),
            turn: 0,
            opens: None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty()
    }

    /// What to claim, together `limit` at most: each activity with a gate for itself, up to what its
    /// gate lets in, and the others together. They take turns at being first.
    fn wanted(&mut self, gates: &Gates, limit: usize) -> Vec<(Vec<String>, usize)> {
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
        let mut all: Vec<_> = own.chain([(others, limit)]).collect();
        self.turn = (self.turn + 1) % all.len();
        all.rotate_left(self.turn);
        all
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
            TasksEvent::Claimed(tasks, next, busy) => {
                let again = self.tasks.claiming.back() || next == Next::Again;
                self.tasks.opens = match next {
                    Next::Again => None,
                    Next::At(at) => at,
                };
                self.claim_opened();
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
                if left == Left::Returned {
                    self.tasks.returned.insert(of);
                }
                self.claim_tasks();
                drop(busy);
            }
        }
    }

    /// Claims what a limit of the queue has held up, or waits for the time.
    pub(super) fn claim_opened(&mut self) {
        match self.tasks.opens {
            Some(at) if at <= self.life.clock.now() => {
                self.tasks.opens = None;
                self.claim_tasks();
            }
            Some(at) => self.wake_at(at),
            None => {}
        }
    }

    /// Looks again for what this worker could not read a while ago.
    pub(super) fn claim_returned(&mut self) {
        if !std::mem::take(&mut self.tasks.returned).is_empty() {
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
        let idle = tasks.returned.len() >= RETURNED_MAX;
        if *self.stage.borrow() > Stage::Run || idle || !tasks.claiming.wanted() {
            return;
        }
        let (wanted, busy) = (tasks.wanted(&life.gates, limit), life.clock.busy());
        let but = tasks.returned.iter().copied().collect();
        self.jobs.spawn(async move {
            let (claimed, next) = claim(&life, wanted, limit, but).await;
            WorkerEvent::Tasks(TasksEvent::Claimed(claimed, next, busy))
        });
    }

    fn carry_out(&mut self, task: Task) {
        let (life, busy) = (self.life.clone(), self.life.clock.busy());
        if *self.stage.borrow() > Stage::Run {
            // What is under way here may take long, and this one has a place.
            self.jobs.spawn(async {
                let of = give_back(life, task).await;
                WorkerEvent::Tasks(TasksEvent::Over(of, Left::Done, busy))
            });
            return;
        }
        let (ask, asked) = watch::channel(Asked::GoOn);
        let activity = task.new.activity.clone();
        let running = Running { activity, ask };
        self.tasks.running.insert(task.new.of, running);
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
            let own = life.store.tasks_of(life.worker);
            let unknown = StoreError::Bug("a panic".to_owned());
            let own = life.guard.keep("look after activities", own, Err(unknown));
            let found = match own.await {
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

/// Claims what is over, and up to `free` of what is wanted.
async fn claim(
    life: &Life,
    wanted: Vec<(Vec<String>, usize)>,
    free: usize,
    but: Vec<TaskOf>,
) -> (Vec<Task>, Next) {
    let mut claim = TaskClaim {
        queue: life.options.queue.clone(),
        activities: Vec::new(),
        now: life.clock.now(),
        limit: OVER_MAX,
        but,
    };
    // To tell their runs takes no slot.
    let (mut claimed, _) = claim_some(life, &claim).await;
    let mut next = Next::At(None);
    if claimed.len() == OVER_MAX {
        next = Next::Again;
    }
    let mut left = free;
    for (activities, most) in wanted {
        (claim.activities, claim.limit) = (activities, most.min(left));
        if claim.limit == 0 {
            break;
        }
        let (more, after) = claim_some(life, &claim).await;
        left -= more.len();
        claimed.extend(more);
        next = next.or(after);
    }
    (claimed, next)
}

impl Next {
    /// What happens first.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(one), Self::At(two)) => Self::At(one.into_iter().chain(two).min()),
            _ => Self::Again,
        }
    }
}

async fn claim_some(life: &Life, claim: &TaskClaim) -> (Vec<Task>, Next) {
    // A claim is a commit, a look is not.
    let due = life.store.tasks_due(claim);
    match life.guard.keep("look for activities", due, Ok(None)).await {
        Ok(Some(at)) if at <= claim.now => match life.committer.claim_tasks(claim.clone()).await {
            Some(claimed) => (claimed, Next::Again),
            None => (Vec::new(), Next::At(None)),
        },
        Ok(at) => (Vec::new(), Next::At(at)),
        Err(error) => {
            tracing::warn!(%error, "cannot look for activities of other queues");
            (Vec::new(), Next::At(None))
        }
    }
}
