//! A run with its steps, attempts and messages.

use super::line::Gate;
use super::tasks::Held;
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    AttemptRecord, ClaimedRun, Message, MessageKind, NewMessage, NewRun, Paused, Phase, Reply,
    RunRecord, RunState, StepRecord, UNREAD_BYTES_MAX, Unblock, Unfit,
};
use std::collections::BTreeMap;

/// Who may move a run next.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Owned(Incarnation),
    Ready(Ready),
    Finished,
}

impl Place {
    /// Who has the run in memory.
    pub(super) fn owner(&self) -> Option<Incarnation> {
        match self {
            Self::Owned(owner) => Some(*owner),
            Self::Ready(_) | Self::Finished => None,
        }
    }

    /// How it waits, if it does.
    pub(super) fn ready(&self) -> Option<&Ready> {
        match self {
            Self::Ready(ready) => Some(ready),
            Self::Owned(_) | Self::Finished => None,
        }
    }
}

/// Which of its frames are there.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frames {
    All,
    /// It was ended by others.
    Latest,
    Dropped,
}

/// How a run waits.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    pub(super) point: String,
    pub(super) fingerprint: u64,
    /// `None` while it waits for a message, or is blocked.
    pub(super) due_at: Option<Timestamp>,
    pub(super) blocked: Option<String>,
    /// It is blocked until somebody resumes it.
    pub(super) held: bool,
    pub(super) gate: Gate,
}

/// The part of a run that changes in place.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) new: NewRun,
    pub(super) queue: String,
    pub(super) phase: Phase,
    pub(super) place: Place,
    pub(super) paused: Option<Paused>,
    pub(super) seq: i64,
    pub(super) wakes: i64,
    /// The number of steps when its owner got it.
    pub(super) claim_seq: i64,
    pub(super) strikes: u32,
    pub(super) finished_at: Option<Timestamp>,
    pub(super) output: Option<Vec<u8>>,
    pub(super) error: Option<String>,
    pub(super) frames: Frames,
    pub(super) published: Option<Vec<u8>>,
    /// The run that continues it.
    pub(super) next: Option<RunId>,
    /// The run that it continues.
    pub(super) before: Option<RunId>,
    /// It is the one that its id leads to.
    pub(super) current: bool,
    /// It has come through a line; whether it shares the place of a run above it.
    pub(super) placed: Option<bool>,
    /// Its concurrency key, unless it shares the place of one that has it.
    pub(super) key: Option<String>,
    /// Who owned it when another start took its id, and does not know of that yet.
    pub(super) evicted: Option<Incarnation>,
}

/// A message and the step that consumed it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) message: Message,
    pub(super) used_seq: Option<i64>,
    pub(super) reply: Option<Reply>,
}

/// A run with everything that belongs to it.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) row: Row,
    pub(super) steps: Vec<StepRecord>,
    pub(super) attempts: Vec<AttemptRecord>,
    /// Those of what no step has settled.
    pub(super) open: Vec<AttemptRecord>,
    pub(super) inbox: Vec<Kept>,
    /// What its owners have put down about operations.
    pub(super) notes: BTreeMap<u64, Vec<u8>>,
    /// Its attempts on other queues, by operation.
    pub(super) tasks: BTreeMap<u64, Held>,
}

impl Run {
    pub(super) fn new(new: NewRun, wakes: i64) -> Self {
        let (place, claim_seq) = match new.owner {
            Some(owner) => (Place::Owned(owner), 0),
            None => (Place::Ready(Ready::fresh(&new)), -1),
        };
        let row = Row {
            queue: new.queue.clone(),
            new,
            phase: Phase::Running,
            place,
            paused: None,
            seq: 0,
            wakes,
            claim_seq,
            strikes: 0,
            finished_at: None,
            output: None,
            error: None,
            frames: Frames::All,
            published: None,
            next: None,
            before: None,
            current: true,
            placed: None,
            key: None,
            evicted: None,
        };
        Self {
            row,
            steps: Vec::new(),
            attempts: Vec::new(),
            open: Vec::new(),
            inbox: Vec::new(),
            notes: BTreeMap::new(),
            tasks: BTreeMap::new(),
        }
    }

    pub(super) fn is_owned_by(&self, worker: Incarnation) -> bool {
        matches!(self.row.place, Place::Owned(owner) if owner == worker)
    }

    /// The number of recorded steps.
    pub(super) fn last_seq(&self) -> i64 {
        self.steps.last().map_or(0, |step| step.seq)
    }

    pub(super) fn unread(&self) -> Vec<Message> {
        self.unread_after(i64::MIN)
    }

    pub(super) fn unread_after(&self, ord: i64) -> Vec<Message> {
        self.inbox
            .iter()
            .filter(|kept| kept.used_seq.is_none() && kept.message.ord > ord)
            .map(|kept| kept.message.clone())
            .collect()
    }

    /// Whether it has been asked to come to an end, and has not read that.
    pub(super) fn is_to_stop(&self) -> bool {
        let mut inbox = self.inbox.iter();
        inbox.any(|kept| kept.used_seq.is_none() && kept.message.kind.stops())
    }

    /// Whether it has had a message of this id.
    pub(super) fn has_had(&self, msg: &str) -> bool {
        self.inbox.iter().any(|kept| kept.message.msg == msg)
    }

    /// Forgets what it will never read, but not that it was terminated by a message of its own id.
    pub(super) fn drop_unread(&mut self) {
        for kept in &mut self.inbox {
            let (kind, msg) = (kept.message.kind, &kept.message.msg);
            if kind == MessageKind::Terminate && msg != kind.steering() {
                kept.used_seq.get_or_insert(0);
                kept.message.payload.clear();
            }
        }
        self.inbox.retain(|kept| kept.used_seq.is_some());
    }

    /// Whether it has too many unread messages to take this one, which is new to it.
    pub(super) fn is_full_for(&self, message: &NewMessage) -> bool {
        let unread = |kept: &&Kept| kept.used_seq.is_none() && kept.message.kind.is_letter();
        let unread = || self.inbox.iter().filter(unread);
        let bytes = || {
            unread()
                .map(|kept| kept.message.payload.len())
                .sum::<usize>()
        };
        let full = |max| {
            unread().count() >= max as usize || bytes() + message.payload.len() > UNREAD_BYTES_MAX
        };
        message.kind.is_letter()
            && message.unread_max.is_some_and(full)
            && !self
                .inbox
                .iter()
                .any(|kept| kept.message.msg == message.msg)
    }

    /// Forgets what only told its owner to look at the row.
    pub(super) fn drop_nudges(&mut self) {
        self.inbox
            .retain(|kept| kept.used_seq.is_some() || !kept.message.kind.is_nudge());
    }

    pub(super) fn all_notes(&self) -> Vec<(u64, Vec<u8>)> {
        let notes = self.notes.iter();
        notes.map(|(op, body)| (*op, body.clone())).collect()
    }

    /// A step as a reader sees it.
    pub(super) fn view(&self, step: &StepRecord) -> StepRecord {
        let mut step = step.clone();
        let kept = match self.row.frames {
            Frames::All => true,
            Frames::Latest => step.seq == self.last_seq(),
            Frames::Dropped => false,
        };
        step.frame = step.frame.filter(|_| kept);
        step
    }

    /// Counts a takeover: a strike if the old owner crashed and had recorded no step.
    pub(super) fn strike(&mut self, crashed: bool) {
        let seq = self.last_seq();
        let row = &mut self.row;
        if row.claim_seq != seq {
            row.strikes = 0;
        } else if crashed {
            row.strikes += 1;
        }
        row.claim_seq = seq;
        row.seq = seq;
    }

    /// Whether it is blocked where `unblock` says.
    pub(super) fn is_blocked_at(&self, unblock: &Unblock) -> bool {
        let Place::Ready(ready) = &self.row.place else {
            return false;
        };
        ready.blocked.is_some()
            && !ready.held
            && ready.point == unblock.point
            && unblock.fingerprint.is_none_or(|f| f == ready.fingerprint)
    }

    /// All that a new owner needs to go on.
    pub(super) fn claimed(&self) -> ClaimedRun {
        ClaimedRun {
            run: self.record(),
            wakes: self.row.wakes,
            strikes: self.row.strikes,
            latest: self.steps.last().map(|step| self.view(step)),
            attempts: self.open.clone(),
            notes: self.all_notes(),
            inbox: self.unread(),
        }
    }

    pub(super) fn record(&self) -> RunRecord {
        let row = &self.row;
        let state = match &row.place {
            Place::Owned(owner) => RunState::Owned(*owner),
            Place::Finished => RunState::Finished,
            Place::Ready(ready) => match (&ready.blocked, ready.due_at) {
                (Some(reason), _) => RunState::Blocked(reason.clone()),
                (None, Some(at)) => RunState::Waiting(at),
                (None, None) => RunState::Idle,
            },
        };
        RunRecord {
            run: row.new.run,
            id: row.new.id.clone(),
            workflow: row.new.workflow.clone(),
            queue: row.queue.clone(),
            phase: row.phase,
            state,
            paused: row.paused.clone().filter(|_| row.phase == Phase::Running),
            seq: row.seq,
            created_at: row.new.created_at,
            finished_at: row.finished_at,
            input: row.new.input.clone(),
            output: row.output.clone(),
            error: row.error.clone(),
            parent: row.new.parent,
            terms: row.new.terms.clone(),
            scheduled: row.new.scheduled.clone(),
            tags: row.new.tags.clone(),
            queueing: row.new.queueing.clone(),
            placed: row.placed.is_some(),
            published: row.published.clone(),
        }
    }
}

impl Ready {
    /// Whether its frame is of this kind.
    pub(super) fn is_of(&self, kind: &Unfit) -> bool {
        self.point == kind.point && self.fingerprint == kind.fingerprint
    }

    /// How a run waits that has not begun.
    fn fresh(new: &NewRun) -> Self {
        Self {
            point: format!("{}/", new.workflow),
            fingerprint: 0,
            due_at: Some(new.due_at),
            blocked: None,
            held: false,
            gate: Gate::Open,
        }
    }
}
