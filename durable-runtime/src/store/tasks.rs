//! Attempts of activities on other queues: rows that workers of those queues claim.
//!
//! ```text
//!   owner of the run ──Put──▶ task ──claim──▶ its worker ──Beat, Begin──▶ task
//!                              │ ▲                └──Report──▶ inbox of the run, task deleted
//!                              │ ├─ the worker retires, or returns it
//!                              │ └─ the worker is declared dead: the task is lost, and says so
//!                              └ Remove, the operation is settled, the run ends: task deleted
//! ```
//!
//! A task that is cancelled or lost is over: it is not carried out any more, and only its run is to be
//! told. Any worker may do that, so that no run waits for workers of a queue that has none left.

use super::error::{FenceError, StoreError};
use super::message::NewMessage;
use super::queueing::Queueing;
use super::queues::{QueueSettings, Rate};
use super::records::Fence;
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use async_trait::async_trait;
use serde::Serialize;

/// An attempt to be made. A run has one for each of its operations at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// Which one.
    pub of: TaskOf,
    /// The queue whose workers may claim it.
    pub queue: String,
    /// Before whom it has its turn there. The limit of a key that it only has from its run is
    /// `u32::MAX`: then what is set for the queue counts alone.
    pub queueing: Queueing,
    /// The activity's persistent name.
    pub activity: String,
    /// When it was put there.
    pub put_at: Timestamp,
    /// What is to be done; opaque to the store.
    pub body: Vec<u8>,
}

/// Names one task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskOf {
    /// The run.
    pub run: RunId,
    /// The number of the operation.
    pub op: u64,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// A task that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The id of its run.
    pub id: WorkflowId,
    /// The task.
    pub new: NewTask,
    /// When the last heartbeat was said that is on record, and its details.
    pub beat: Option<(Timestamp, Vec<u8>)>,
    /// It is to stop.
    pub cancelled: bool,
    /// A worker has died with it.
    pub lost: bool,
}

/// A task as it is now, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskRecord {
    /// The number of the operation.
    pub op: u64,
    /// The attempt, from 1.
    pub attempt: u32,
    /// The queue whose workers may claim it.
    pub queue: String,
    /// When it was put there.
    pub put_at: Timestamp,
    /// Who carries it out.
    pub worker: Option<Incarnation>,
    /// Since when.
    pub claimed_at: Option<Timestamp>,
    /// When the last heartbeat was said that is on record.
    pub beat_at: Option<Timestamp>,
    /// It is to stop.
    pub cancelled: bool,
    /// What it waits for, if nobody carries it out and it is not over.
    pub waits_for: Option<TaskWait>,
}

/// What a task waits for that nobody carries out: what has to happen first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskWait {
    /// Its turn, and a worker of its queue that has its activity and a free slot.
    Turn,
    /// Others of its concurrency key, which come first.
    Key(String),
    /// The end of another: as many as this are carried out, which is the limit of its queue.
    Concurrency(u32),
    /// This time: the rate of its queue, this one, lets none begin before.
    Rate(Timestamp, Rate),
    /// Somebody who lets its queue go on.
    PausedQueue,
    /// Somebody who lets its run go on.
    PausedRun,
}

impl TaskWait {
    /// Of one in line, by what holds for the activities of its queue, how many are carried out, and how
    /// their bucket is filled.
    pub(crate) fn in_line(limits: &QueueSettings, carried: u64, filled: i64) -> Self {
        match limits.concurrency.map(|limit| limit.max(1)) {
            Some(limit) if carried >= u64::from(limit) => Self::Concurrency(limit),
            _ => (limits.rate).map_or(Self::Turn, |rate| Self::Rate(rate.holds_one(filled), rate)),
        }
    }

    /// The same now: what is over holds nothing up.
    pub(crate) fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Rate(at, _) if at <= now => Self::Turn,
            Self::Rate(at, rate) => Self::Rate(rate.begins(at, now), rate),
            other => other,
        }
    }
}

/// The tasks of one queue, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskQueue {
    /// Its name.
    pub queue: String,
    /// How many nobody carries out.
    pub waiting: u64,
    /// How many workers do.
    pub running: u64,
    /// When the oldest was put there that nobody carries out.
    pub since: Option<Timestamp>,
}

/// A write about a task; see [`Write::Task`](super::Write::Task). The first three are writes of the
/// owner of the run, the others are those of the worker that has the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskWrite {
    /// Put it there, in the place of one of the same operation.
    Put(NewTask),
    /// It is to stop: its worker hears of it. If nobody has it, it is deleted, and the run is told
    /// this. Nothing happens if there is no such task.
    Cancel {
        /// Which one.
        of: TaskOf,
        /// What the run is told.
        message: NewMessage,
    },
    /// Take it away, whoever has it. Nothing happens if there is none.
    Remove {
        /// The run.
        run: RunId,
        /// The number of the operation.
        op: u64,
    },
    /// A heartbeat was said, with these details.
    Beat {
        /// Which one.
        of: TaskOf,
        /// When.
        at: Timestamp,
        /// The details, encoded.
        details: Vec<u8>,
    },
    /// The run is told this, and the task goes on.
    Begin {
        /// Which one.
        of: TaskOf,
        /// What the run is told.
        message: NewMessage,
    },
    /// Its worker cannot carry it out: it is as if nobody had claimed it.
    Return {
        /// Which one.
        of: TaskOf,
    },
    /// The attempt is over: the task is deleted, and the run is told this.
    Report {
        /// Which one.
        of: TaskOf,
        /// What the run is told.
        message: NewMessage,
    },
}

/// What a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskClaim {
    /// The queue.
    pub queue: String,
    /// The activities that it has.
    pub activities: Vec<String>,
    /// The clock.
    pub now: Timestamp,
    /// How many at most.
    pub limit: usize,
    /// These are left to others.
    pub but: Vec<TaskOf>,
}

impl TaskWrite {
    /// The run that it is about.
    #[must_use]
    pub fn run(&self) -> RunId {
        match self {
            Self::Put(NewTask { of, .. })
            | Self::Cancel { of, .. }
            | Self::Beat { of, .. }
            | Self::Begin { of, .. }
            | Self::Return { of }
            | Self::Report { of, .. } => of.run,
            Self::Remove { run, .. } => *run,
        }
    }

    /// Whether it is the owner of the run that writes, and not the worker of the task.
    pub(crate) fn is_of_owner(&self) -> bool {
        match self {
            Self::Put(_) | Self::Cancel { .. } | Self::Remove { .. } => true,
            Self::Beat { .. } | Self::Begin { .. } | Self::Return { .. } | Self::Report { .. } => {
                false
            }
        }
    }

    /// About how many bytes of values it carries.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Put(task) => task.body.len(),
            Self::Cancel { message, .. }
            | Self::Begin { message, .. }
            | Self::Report { message, .. } => message.payload.len(),
            Self::Beat { details, .. } => details.len(),
            Self::Remove { .. } | Self::Return { .. } => 0,
        }
    }
}

/// The part of a [`Store`](super::Store) that keeps tasks.
///
/// Tasks of a queue wait in line, as starts do, and the limits of activities that are set for it
/// ([`QueueSettings`](super::QueueSettings)) count those that workers carry out: from the claim until
/// the task is gone, returned or lost. Settings hold from the next claim on.
///
/// When a worker retires, its tasks are as if nobody had claimed them. When one is declared dead,
/// so are its, and each says that it was [lost](Task::lost).
#[async_trait]
pub trait Tasks {
    /// Takes up to `claim.limit` tasks that nobody has, of runs that are not paused: first those that
    /// are over, of whatever queue and activity, the oldest first; then those of this queue, unless
    /// it is paused, and of these activities, in the order of their turns and for as many as what is
    /// set for the queue leaves room. Fenced like [`Store::commit`](super::Store::commit).
    async fn claim_tasks(&self, fence: Fence, claim: TaskClaim) -> Result<Vec<Task>, FenceError>;

    /// From when this claim would find any, or let some join the line; `None` if something else
    /// has to happen first.
    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError>;

    /// How many tasks of this queue wait for a worker, with nothing of their own concurrency key
    /// before them, and how many are carried out. Each is counted up to `at_most`.
    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError>;

    /// The tasks that a worker has, and whether each is to stop.
    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError>;

    /// The tasks of a run, by operation.
    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError>;

    /// All queues with tasks, by name.
    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError>;
}
