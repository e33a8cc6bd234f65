//! What the engine knows about one run that it owns: plain data.

use super::options::OtherQueues;
use super::undecoded;
pub(super) use super::underway::{Recorded, Tries, Underway, underway};
use crate::frame::{Call, Checkpoint};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::machine::{Aside, Turn};
use crate::operation::{Answered, Resolution, TimeoutKind};
use crate::registry::AttemptEnd;
use crate::store::{
    AttemptOf, ClaimedRun, Message, NewRun, Parent, Queueing, Scheduled, TagChanges, Tags, Terms,
    Write,
};
use std::collections::VecDeque;
use std::time::Duration;

/// A run that is claimed this often in a row, each time from a worker that died, is blocked: it
/// probably kills them.
const STRIKES_MAX: u32 = 5;

/// One owned run: where it is, what it is doing, and what it was told.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instance {
    pub(super) run: RunId,
    pub(super) id: WorkflowId,
    pub(super) workflow: String,
    pub(super) queue: String,
    /// Before whom it has its turns; so have the runs that it starts.
    pub(super) queueing: Queueing,
    /// It may have a place that others wait for.
    pub(super) placed: bool,
    /// The run that started it.
    pub(super) parent: Option<Parent>,
    pub(super) terms: Terms,
    /// Its attributes and memo as of its latest step; a run that goes on in its place gets them.
    pub(super) tags: Tags,
    /// What changes in them with the next step.
    pub(super) tagged: TagChanges,
    /// What it was started with, if it may be tried again.
    pub(super) input: Option<Vec<u8>>,
    /// The schedule that started it.
    pub(super) scheduled: Option<Scheduled>,
    /// The latest recorded step; 0 before the first await.
    pub(super) seq: i64,
    pub(super) place: Place,
    pub(super) doing: Doing,
    /// Tries of the code that goes on from `place`.
    pub(super) code: Tries,
    /// The operations that `place` waits for and that have no answer, by number.
    pub(super) ops: Vec<Underway>,
    pub(super) cancel: Cancel,
    /// It rests until somebody resumes it.
    pub(super) paused: bool,
    /// That it does, or does not any more, as the inbox says it; the next step consumes it.
    pub(super) nudges: Vec<i64>,
    /// Only an operator lets it go on: it has killed its workers.
    pub(super) held: bool,
    /// Why the run is to be terminated, if it is.
    pub(super) terminate: Option<String>,
    /// Why a value of the run cannot be decoded here: it is blocked, and loses nothing.
    pub(super) undecoded: Option<String>,
    /// Requests to cancel that no step has consumed yet.
    pub(super) unread: Vec<i64>,
    /// Signals, updates and ends of children that the code has not been given, in order.
    pub(super) letters: VecDeque<Message>,
    /// What was told of activities that end elsewhere, and not looked at, in order.
    pub(super) news: VecDeque<Message>,
    /// Those that the code is given in this turn, and news that nobody waits for; the next step
    /// consumes them.
    pub(super) taken: Vec<Message>,
    /// The latest message taken note of.
    pub(super) last_ord: i64,
    /// The wake counter as it was before the inbox was last read.
    pub(super) wakes: i64,
    /// Writes that join the next commit.
    pub(super) carry: Vec<Write>,
}

/// Where a run is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// Before the first await, with its input.
    Fresh(Vec<u8>),
    /// At an await.
    At(Checkpoint),
    /// At the await with this label, which cannot be read or should not be tried; the reason.
    Unfit(String, String),
}

/// What is going on outside of the pure core.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Doing {
    /// Nothing yet.
    Loaded,
    /// The code runs, and was given these answers.
    Turn(Vec<Answered>),
    /// Operations are under way: attempts run, timers and pauses are waited for.
    Work,
    /// The code has panicked and is given another try later. Attempts that run go on.
    Heal,
    /// A park is being committed, or was refused and the inbox is being read.
    Park,
    /// Ended or handed back.
    Over,
}

/// What became of a request to cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    /// There is none.
    None,
    /// The next await, or the current one, is to end with it; when it was sent.
    Requested(Timestamp),
    /// The code has been given it.
    Told,
}

/// What happened.
#[derive(Debug)]
pub(super) enum Event {
    /// The run was started here, claimed, taken over or read again.
    Begin,
    /// The code ran until it stopped, and has said this beside.
    Turned(Turn, Aside),
    /// The attempt of this operation ended.
    Attempted(u64, Outcome),
    /// A heartbeat of an attempt is to be put down.
    Beat,
    /// It is as late as the last [`Action::Work`] wanted to wait.
    Due,
    /// All unread messages, and the wake counter from before they were read.
    Mail {
        /// The counter.
        wakes: i64,
        /// The messages.
        messages: Vec<Message>,
        /// It is [`Due`](Self::Due), too.
        due: bool,
    },
    /// The park was committed.
    Parked,
    /// The park was refused: there are messages.
    Woken {
        /// The counter.
        wakes: i64,
    },
    /// The worker shuts down: let go.
    Release,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The store has done what it was to do; the answer.
    Acted(Resolution),
    /// The body ended.
    Ended(AttemptEnd),
    /// The body has stopped because it was asked to.
    Cancelled,
    /// The body has ended, and the attempt ends elsewhere.
    EndsElsewhere {
        /// When it began.
        began: Timestamp,
    },
    /// The body panicked with this message.
    Panicked(String),
    /// An interceptor has not let it run.
    Refused { reason: String, retryable: bool },
    /// A limit was reached.
    TimedOut(TimeoutKind),
    /// This binary cannot run it; the reason.
    Unfit(String),
}

/// What to commit, and what to do once that is on disk.
#[derive(Debug, PartialEq)]
pub(super) struct Decision {
    pub(super) writes: Vec<Write>,
    pub(super) action: Action,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Action {
    /// Run the code with [`Instance::given`].
    Turn,
    /// Let the attempts that run go on, and wait.
    Work {
        /// Begin attempts of these operations first; each with its number, from 1.
        begin: Vec<(u64, u32)>,
        /// Wait no longer than this.
        until: Option<Timestamp>,
    },
    /// Go on with what is going on.
    Continue,
    /// Wait for the answer to the park.
    Park,
    /// Read the inbox.
    ReadInbox,
    /// Forget the run.
    Leave,
}

/// What a worker was told to do with all its runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Policy {
    /// A longer pause is spent in the store instead of in memory.
    pub(super) park_after: Duration,
    /// Whether the frames of ended runs are kept.
    pub(super) keep_frames: bool,
    /// What becomes of activities of other queues.
    pub(super) other_queues: OtherQueues,
    /// Whether retries have no jitter.
    pub(super) exact_retries: bool,
    /// Whether the worker shuts down, so that nothing new begins.
    pub(super) draining: bool,
    /// Draws the number of a new run.
    pub(super) new_run: fn(Timestamp) -> RunId,
}

/// An event that cannot happen in this state: a bug in the engine.
#[derive(Debug, thiserror::Error)]
#[error("{event} while {doing}")]
pub(super) struct Unexpected {
    pub(super) doing: String,
    pub(super) event: String,
}

impl Instance {
    /// A run that is started here; its start joins the first commit.
    pub(super) fn born(new: NewRun) -> Self {
        Self {
            run: new.run,
            id: new.id.clone(),
            workflow: new.workflow.clone(),
            queue: new.queue.clone(),
            queueing: new.queueing.clone(),
            placed: false,
            parent: new.parent,
            input: new.terms.retry.as_ref().map(|_| new.input.clone()),
            terms: new.terms.clone(),
            scheduled: new.scheduled.clone(),
            tags: new.tags.clone(),
            tagged: TagChanges::default(),
            seq: 0,
            place: Place::Fresh(new.input.clone()),
            doing: Doing::Loaded,
            code: Tries::default(),
            ops: Vec::new(),
            cancel: Cancel::None,
            paused: false,
            nudges: Vec::new(),
            held: false,
            terminate: None,
            undecoded: None,
            unread: Vec::new(),
            letters: VecDeque::new(),
            news: VecDeque::new(),
            taken: Vec::new(),
            last_ord: i64::MIN,
            wakes: 0,
            carry: vec![Write::Start(new)],
        }
    }

    /// A run from the store.
    pub(super) fn load(claimed: ClaimedRun) -> Self {
        let undecoded = undecoded::of(&claimed);
        let ClaimedRun {
            run,
            wakes,
            strikes,
            latest,
            attempts,
            notes,
            inbox,
        } = claimed;
        let input = run.terms.retry.as_ref().map(|_| run.input.clone());
        let (seq, place) = match latest {
            None => (0, Place::Fresh(run.input)),
            Some(step) => (step.seq, read(step.label, step.frame)),
        };
        let held = strikes >= STRIKES_MAX;
        let place = if held {
            quarantined(&place, strikes)
        } else {
            place
        };
        let cancel = match &place {
            Place::At(checkpoint) if checkpoint.cancelled => Cancel::Told,
            _ => Cancel::None,
        };
        let mut instance = Self {
            run: run.run,
            id: run.id,
            workflow: run.workflow,
            queue: run.queue,
            queueing: run.queueing,
            placed: run.placed,
            parent: run.parent,
            terms: run.terms,
            tags: run.tags,
            tagged: TagChanges::default(),
            input,
            scheduled: run.scheduled,
            seq,
            place,
            doing: Doing::Loaded,
            code: Tries::of(&attempts, AttemptOf::Workflow { seq }),
            ops: Vec::new(),
            cancel,
            paused: run.paused.is_some(),
            nudges: Vec::new(),
            held,
            terminate: None,
            undecoded,
            unread: Vec::new(),
            letters: VecDeque::new(),
            news: VecDeque::new(),
            taken: Vec::new(),
            last_ord: i64::MIN,
            wakes,
            carry: Vec::new(),
        };
        if let Place::At(checkpoint) = &instance.place {
            instance.ops = underway(checkpoint, |op| Underway {
                tries: Tries::of(&attempts, AttemptOf::Activity { op }),
                begun: true,
                ..Underway::noted(op, &notes)
            });
        }
        instance.note(inbox);
        instance
    }

    /// When the cancellation was sent that the code has not been given.
    pub(super) fn cancel_sent(&self) -> Option<Timestamp> {
        match self.cancel {
            Cancel::Requested(sent_at) => Some(sent_at),
            Cancel::None | Cancel::Told => None,
        }
    }

    /// What the code was given in the turn that is going on.
    pub(super) fn given(&self) -> &[Answered] {
        match &self.doing {
            Doing::Turn(given) => given,
            _ => &[],
        }
    }

    /// The operations that are awaited, in the order of their numbers.
    pub(super) fn calls(&self) -> Vec<&Call> {
        match &self.place {
            Place::At(checkpoint) => {
                let mut calls = checkpoint.calls();
                calls.sort_unstable_by_key(|call| call.op);
                calls
            }
            Place::Fresh(_) | Place::Unfit(..) => Vec::new(),
        }
    }

    /// Whether an attempt of this operation is to run.
    pub(super) fn runs(&self, op: u64) -> bool {
        let found = self.ops.binary_search_by_key(&op, |own| own.op);
        found.is_ok_and(|at| self.ops[at].running)
    }

    /// The label of the await; empty before the first.
    pub(super) fn label(&self) -> &str {
        match &self.place {
            Place::Fresh(_) => "",
            Place::At(checkpoint) => &checkpoint.frame.label,
            Place::Unfit(label, _) => label,
        }
    }
}

fn read(label: String, frame: Option<Vec<u8>>) -> Place {
    let Some(bytes) = frame else {
        return Place::Unfit(label, "its frame was dropped".into());
    };
    match Checkpoint::decode(&bytes) {
        Ok(checkpoint) => Place::At(checkpoint),
        Err(error) => Place::Unfit(label, format!("its frame cannot be read: {error}")),
    }
}

fn quarantined(place: &Place, strikes: u32) -> Place {
    let label = match place {
        Place::Fresh(_) => String::new(),
        Place::At(checkpoint) => checkpoint.frame.label.clone(),
        Place::Unfit(label, _) => label.clone(),
    };
    let reason = format!(
        "{strikes} workers in a row died with it and recorded no progress; it stays so until it \
         is resumed"
    );
    Place::Unfit(label, reason)
}
