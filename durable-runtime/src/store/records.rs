//! The rows that cross the store's border: plain data.

use super::children::Parent;
use super::ids::IdPolicy;
use super::message::Message;
use super::notes::Note;
use super::pause::Paused;
use super::queueing::Queueing;
use super::replies::Reply;
use super::schedules::Scheduled;
use super::tags::{TagChanges, Tags};
use super::tasks::TaskWrite;
use super::terms::Terms;
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use serde::{Deserialize, Serialize};

/// Proof of ownership that opens every write of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The incarnation that writes.
    pub worker: Incarnation,
    /// How many fenced calls of this incarnation have been committed, as far as it knows.
    pub beat: i64,
    /// Until when the lease lasts once this call is committed.
    pub lease_until: Timestamp,
}

/// A worker process that wants to own runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewWorker {
    /// Random and never used before.
    pub worker: Incarnation,
    /// Host and process id, for people.
    pub label: String,
    /// The suspend points it can resume (`workflow/label`), for people.
    pub points: Vec<String>,
    /// Until when it counts as alive without a beat.
    pub lease_until: Timestamp,
}

/// A worker on record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WorkerRecord {
    /// The incarnation.
    pub worker: Incarnation,
    /// Host and process id.
    pub label: String,
    /// Whether it has not been declared dead.
    pub alive: bool,
    /// Fenced calls so far.
    pub beat: i64,
    /// Until when it counts as alive without a beat.
    pub lease_until: Timestamp,
    /// How many runs it owns.
    pub owned: u64,
}

/// The life cycle of a run. Only `Running` ever changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Phase {
    /// Not finished: at work, waiting, asleep or blocked.
    Running = 0,
    /// Returned a value (anything but `Err`).
    Completed = 1,
    /// Continued as a new run with the same id.
    Continued = 2,
    /// Returned `Err`.
    Failed = 3,
    /// Returned `Err` after it had been told of a cancellation.
    Cancelled = 4,
    /// Ended from outside without its code.
    Terminated = 5,
    /// Took too long, and ended without its code.
    #[serde(rename = "timed-out")]
    TimedOut = 6,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Continued => "continued",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Terminated => "terminated",
            Self::TimedOut => "timed out",
        })
    }
}

/// A run that starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// Unique in the store; later runs have larger numbers.
    pub run: RunId,
    /// The application's id.
    pub id: WorkflowId,
    /// The workflow's persistent name.
    pub workflow: String,
    /// The queue whose workers may claim it.
    pub queue: String,
    /// Encoded input.
    pub input: Vec<u8>,
    /// When it was started.
    pub created_at: Timestamp,
    /// Born owned by the worker that starts it (only in `commit`, and then equal to the fence's
    /// worker), or waiting to be claimed.
    pub owner: Option<Incarnation>,
    /// Without an owner: from when it may be claimed.
    pub due_at: Timestamp,
    /// The run that starts it, if one does.
    pub parent: Option<Parent>,
    /// What a start does that finds its id taken.
    pub ids: IdPolicy,
    /// What it is held to.
    pub terms: Terms,
    /// The schedule that starts it, if one does.
    pub scheduled: Option<Scheduled>,
    /// What it is found by, and what is noted of it.
    pub tags: Tags,
    /// Before whom it has its turn.
    pub queueing: Queueing,
}

impl NewRun {
    /// A run that may be claimed from `created_at` on, was started by no other run, and is refused
    /// where its id is taken.
    #[must_use]
    pub fn new(
        run: RunId,
        id: WorkflowId,
        workflow: String,
        queue: String,
        input: Vec<u8>,
        created_at: Timestamp,
    ) -> Self {
        Self {
            run,
            id,
            workflow,
            queue,
            input,
            created_at,
            owner: None,
            due_at: created_at,
            parent: None,
            ids: IdPolicy::default(),
            terms: Terms::default(),
            scheduled: None,
            tags: Tags::default(),
            queueing: Queueing::default(),
        }
    }
}

/// One recorded await: the answer that ended the previous one, and the frame at this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStep {
    /// The run.
    pub run: RunId,
    /// 1 for the first, without gaps.
    pub seq: i64,
    /// Label of the suspend point reached; empty for the last step of a run.
    pub label: String,
    /// When.
    pub at: Timestamp,
    /// The encoded answers that ended the wait before; `None` for the first.
    pub result: Option<Vec<u8>>,
    /// The encoded frame; `None` for the last step of a run.
    pub frame: Option<Vec<u8>>,
    /// Messages (`ord`) that this step consumed.
    pub consumed: Vec<i64>,
    /// What the run says of messages that it has consumed, in this step or before. One that follows
    /// a final reply, or belongs to no message of the run, changes nothing.
    pub replies: Vec<Reply>,
    /// What is over with this step, of all that has failed attempts or a note on record: a new
    /// owner is not told of them any more.
    pub settled: Vec<AttemptOf>,
    /// What changes in what the run is found by, and in what is noted of it.
    pub tags: TagChanges,
}

/// A step on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Position in the run, from 1.
    pub seq: i64,
    /// Label of the suspend point; empty for the last step of a run.
    pub label: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// The encoded answers that ended the wait before.
    pub result: Option<Vec<u8>>,
    /// The encoded frame, unless it was dropped when the run ended.
    pub frame: Option<Vec<u8>>,
}

/// What failed in an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum AttemptOf {
    /// The body of an activity.
    Activity {
        /// The number of the operation in its run.
        op: u64,
    },
    /// The workflow's own code panicked.
    Workflow {
        /// The step (its seq) from which the code went on; 0 is its beginning.
        seq: i64,
    },
}

/// A failed attempt; recorded so that a crash does not reset retries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AttemptRecord {
    /// The run.
    pub run: RunId,
    /// What failed.
    #[serde(flatten)]
    pub of: AttemptOf,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// When it failed.
    pub at: Timestamp,
    /// Why, for people.
    pub error: String,
    /// When the next attempt begins.
    pub next_at: Timestamp,
}

/// The owner lets go of a run that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Park {
    /// The run.
    pub run: RunId,
    /// The wake counter as the owner saw it *before* it last read the inbox.
    pub wakes: i64,
    /// The latest step's seq.
    pub seq: i64,
    /// The queue in which it waits.
    pub queue: String,
    /// `workflow/label` of the suspend point (`workflow/` before the first await).
    pub point: String,
    /// Fingerprint of the frame.
    pub fingerprint: u64,
    /// When it may be claimed again; `None` waits for a message.
    pub due_at: Option<Timestamp>,
    /// Why nobody here can resume it; such a run is claimable only after `unblock` (messages
    /// are kept for it). `due_at` is ignored.
    pub blocked: Option<String>,
    /// It is blocked until somebody resumes it: `unblock` does not find it.
    pub held: bool,
}

/// The owner ends a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The run.
    pub run: RunId,
    /// Anything but `Running`.
    pub phase: Phase,
    /// The encoded return value, if the function returned.
    pub output: Option<Vec<u8>>,
    /// Why it did not complete, for people.
    pub error: Option<String>,
    /// The last step's seq.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Whether the frames of its steps are kept.
    pub keep_frames: bool,
    /// The values that it leaves published, encoded; `None` if there are none.
    pub published: Option<Vec<u8>>,
    /// Whether another run goes on in its place; see [`Write::End`]. Always, if the phase is
    /// `Continued`.
    pub followed: bool,
}

impl End {
    /// Whether another run goes on in its place. `stopped`: whether the run has an unread message
    /// that asks it to come to an end.
    pub(crate) fn is_followed(&self, stopped: impl FnOnce() -> bool) -> bool {
        self.phase == Phase::Continued || self.followed && !stopped()
    }
}

/// One write of an owner; see [`crate::store::Store::commit`].
///
/// All but `Start`, and what the worker of a task writes, answer `Refused` if the fence's worker
/// does not own the run (any more).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Start a run, born owned. Answers `Started`, `Exists`, `RunTaken` or `InLine`; unless it is
    /// started, later writes in the batch for the same run are skipped and answer `Refused`.
    Start(NewRun),
    /// Append a step. Answers `Done`. A seq that exists is a bug and fails the whole batch; so
    /// does a consumed message that is not there or not unread, with `FenceError::HistoryLost`.
    Step(NewStep),
    /// Record a failed attempt (repeating the same one is harmless). Answers `Done`.
    Attempt(AttemptRecord),
    /// Put down a note about an operation. Answers `Done`. A message that it consumes and that is
    /// not there fails the whole batch, as in a step.
    Note(Note),
    /// Put down a task, or say what has become of it. Answers `Done`; the writes of the worker of a
    /// task answer `Refused` if it does not have that task (any more). The step that settles the
    /// operation, and the end of the run, delete it.
    Task(TaskWrite),
    /// Let go of a run. Answers `Parked`, or `Woken` if a message arrived meanwhile.
    Park(Park),
    /// End a run. Answers `Done`. Messages that it never read are dropped. Its parent, if it runs
    /// and wants to know, gets a [`MessageKind::ChildEnded`](super::MessageKind::ChildEnded); its running children get what their
    /// [`ParentClose`](super::ParentClose) says (those to be terminated that nobody owns end in this
    /// transaction, and then their children). The schedule that has started it keeps a
    /// [`ScheduledEnd`](super::ScheduledEnd) and is due at once.
    ///
    /// A run that is followed by another one needs a `Start` with its id later in the same batch: the new
    /// run inherits the unread messages (but not what it was told of children) and the wake
    /// counter, and the parent hears of its end only. If that `Start` finds its number taken, the
    /// whole batch fails. One that is to be tried again, whose phase is not `Continued`, is followed
    /// by no other once a [`Cancel`](super::MessageKind::Cancel) or
    /// [`Terminate`](super::MessageKind::Terminate) is among its unread messages: this end is its
    /// last, and the `Start` finds the id taken.
    End(End),
}

impl Write {
    /// The run that it is about.
    pub(crate) fn run(&self) -> RunId {
        match self {
            Self::Start(new) => new.run,
            Self::Step(step) => step.run,
            Self::Attempt(attempt) => attempt.run,
            Self::Note(note) => note.run,
            Self::Task(task) => task.run(),
            Self::Park(park) => park.run,
            Self::End(end) => end.run,
        }
    }

    /// Whether it is the worker of a task that writes, and not the owner of a run.
    pub(crate) fn is_of_task_worker(&self) -> bool {
        matches!(self, Self::Task(task) if !task.is_of_owner())
    }
}

/// The answer to one [`Write`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The run exists now.
    Started,
    /// The id is taken; this is its current run.
    Exists(Box<RunRecord>),
    /// The id is free, but the run's number is taken by a workflow of another id: two processes
    /// have drawn the same. Nothing changed; start again with another number.
    RunTaken,
    /// It cannot be born owned, because it has to wait in line. Nothing changed; start it without
    /// an owner.
    InLine,
    /// Applied.
    Done,
    /// The run has no owner now.
    Parked,
    /// Not parked: read the inbox and go on. `wakes` is the current counter. The inbox holds a
    /// message that came after the counter given with the park; if [`crate::store::Store::mail`]
    /// shows none, the run is not this worker's any more and must not be parked on that answer.
    Woken {
        /// The wake counter now.
        wakes: i64,
    },
    /// Its own condition failed; nothing changed.
    Refused,
}

/// What a worker asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The queue.
    pub queue: String,
    /// The suspend points it can resume (`workflow/label`, and `workflow/` for fresh runs).
    pub points: Vec<String>,
    /// Frames at these points that it cannot resume all the same.
    pub unfit: Vec<Unfit>,
    /// The clock.
    pub now: Timestamp,
    /// How many at most.
    pub limit: usize,
}

/// A kind of frame that a worker failed to load: another version of the code wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unfit {
    /// `workflow/label`.
    pub point: String,
    /// The fingerprint that the run was parked with.
    pub fingerprint: u64,
}

/// A run that was claimed or taken over, with all that is needed to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedRun {
    /// The run's row.
    pub run: RunRecord,
    /// Its wake counter.
    pub wakes: i64,
    /// How many workers in a row died owning it without recording a step. A recorded step, a park
    /// and a worker that retires in good order count as progress.
    pub strikes: u32,
    /// Its latest step, if it has reached an await.
    pub latest: Option<StepRecord>,
    /// Failed attempts of what no step has settled yet, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// The latest [`Note`] on each operation that no step has settled yet, by operation.
    pub notes: Vec<(u64, Vec<u8>)>,
    /// Unread messages, in order; read after `wakes`.
    pub inbox: Vec<Message>,
}

/// Where a run is, for people; derived from its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// A worker has it in memory.
    Owned(Incarnation),
    /// Waits to be claimed from this time on.
    Waiting(Timestamp),
    /// Waits for a message.
    Idle,
    /// No worker here could resume it; the reason.
    Blocked(String),
    /// Finished.
    Finished,
}

/// A run's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// The application's id.
    pub id: WorkflowId,
    /// The workflow's persistent name.
    pub workflow: String,
    /// Its queue.
    pub queue: String,
    /// Life cycle.
    pub phase: Phase,
    /// Where it is.
    pub state: RunState,
    /// Whether it rests, while it runs.
    pub paused: Option<Paused>,
    /// Number of recorded steps (0 while an owner has not parked it: see the latest step).
    pub seq: i64,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Encoded input.
    pub input: Vec<u8>,
    /// Encoded return value.
    pub output: Option<Vec<u8>>,
    /// Why it did not complete.
    pub error: Option<String>,
    /// The run that started it, if one did.
    pub parent: Option<Parent>,
    /// What it is held to.
    pub terms: Terms,
    /// The schedule that started it, if one did.
    pub scheduled: Option<Scheduled>,
    /// What it is found by, and what is noted of it.
    pub tags: Tags,
    /// Before whom it has its turns.
    pub queueing: Queueing,
    /// Whether it has come through a line, and so may have a place that others wait for.
    pub placed: bool,
    /// The values that it left published at its end, encoded. Before that, and where it was
    /// terminated without an owner, they stand in its last frame.
    pub published: Option<Vec<u8>>,
}

/// Which blocked runs to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unblock {
    /// `workflow/label`.
    pub point: String,
    /// Only frames with this fingerprint.
    pub fingerprint: Option<u64>,
}
