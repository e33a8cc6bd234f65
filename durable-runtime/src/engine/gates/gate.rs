//! The gate before one activity: so many attempts at a time, so many in a period, in the order in
//! which they came.
//!
//! ```text
//!   join ─▶ line ─▶ its head ─▶ is there room? ─▶ has the bucket one? ─▶ a slot of the worker ─▶ through
//!                      ▲            told by the        waits until               │
//!                      └─────────── end of one ─────── then ◀────────────────────┘ looks again
//! ```
//!
//! Only the head of the line looks, and takes what it needs at once, when all of it is there: one that
//! gives up while it waits has taken nothing.

use crate::clock::{Busy, Clock};
use crate::engine::options::ActivityLimits;
use crate::id::Timestamp;
use crate::store::Rate;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// The limits of one activity on one worker.
#[derive(Debug)]
pub(super) struct Gate {
    at_most: Option<usize>,
    rate: Option<Rate>,
    clock: Arc<dyn Clock>,
    /// Told whenever somebody leaves the line or makes room.
    moved: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Attempts that are through and have not ended.
    running: usize,
    /// The bucket of the rate.
    filled: i64,
    line: VecDeque<Place>,
    next: u64,
}

/// One in line, and how it is told to look again.
#[derive(Debug)]
struct Place {
    number: u64,
    bell: Option<oneshot::Sender<Busy>>,
}

/// Somebody in line; leaves it when dropped.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    gate: &'a Arc<Gate>,
    number: u64,
}

/// An attempt that is through; makes room when dropped.
#[derive(Debug)]
pub(super) struct Through(Arc<Gate>);

/// What one in line does next.
#[derive(Debug)]
pub(super) enum Look {
    /// Waits until it is told to look again.
    Wait(oneshot::Receiver<Busy>),
    /// Looks again then.
    At(Timestamp),
    /// May go through.
    Now,
}

impl Gate {
    pub(super) fn new(limits: &ActivityLimits, clock: Arc<dyn Clock>, moved: Arc<Notify>) -> Self {
        Self {
            at_most: limits.at_most.map(|limit| limit.max(1)),
            rate: limits.rate,
            clock,
            moved,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`Gates::room`](super::Gates::room).
    pub(super) fn room(&self, here: usize) -> usize {
        let now = self.clock.now();
        let mut state = self.state();
        self.set_right(&mut state.filled, now);
        let taken = here.max(state.running + state.line.len());
        let places = self.at_most.map(|limit| limit.saturating_sub(taken));
        let turns = self.rate.map(|rate| {
            // Some may be on their way to the line.
            let before = here.saturating_sub(state.running).max(state.line.len());
            rate.room(state.filled, now).max(1).saturating_sub(before)
        });
        let most = usize::MAX;
        places.unwrap_or(most).min(turns.unwrap_or(most))
    }

    /// A clock that is set back lets nobody wait for what it has shown before.
    fn set_right(&self, filled: &mut i64, now: Timestamp) {
        if let Some(empty) = self.rate.and_then(|rate| rate.emptied(*filled, now)) {
            *filled = empty;
        }
    }

    /// Joins the line at its end.
    pub(super) fn join(self: &Arc<Self>) -> Ticket<'_> {
        let mut state = self.state();
        let number = state.next;
        state.next += 1;
        state.line.push_back(Place { number, bell: None });
        Ticket { gate: self, number }
    }

    /// Lets the head of the line look again; no time passes until it has.
    fn tell_head(&self, mut state: MutexGuard<'_, State>) {
        let bell = state.line.front_mut().and_then(|head| head.bell.take());
        drop(state);
        if let Some(bell) = bell {
            // It may be giving up just now; then it tells the one behind it.
            let _ = bell.send(self.clock.busy());
        }
    }
}

impl Ticket<'_> {
    /// Looks what there is.
    pub(super) fn look(&self) -> Look {
        let now = self.gate.clock.now();
        let mut state = self.gate.state();
        let State {
            running,
            filled,
            line,
            ..
        } = &mut *state;
        self.gate.set_right(filled, now);
        let full = self.gate.at_most.is_some_and(|limit| *running >= limit);
        let is_head = line.front().is_some_and(|head| head.number == self.number);
        if full || !is_head {
            let (bell, rings) = oneshot::channel();
            if let Some(own) = line.iter_mut().find(|own| own.number == self.number) {
                own.bell = Some(bell);
            }
            return Look::Wait(rings);
        }
        match self.gate.rate.map(|rate| rate.opens(*filled, now)) {
            Some(at) if at > now => Look::At(at),
            _ => Look::Now,
        }
    }

    /// Goes through, if it still may.
    pub(super) fn pass(self) -> Result<Through, Self> {
        if !matches!(self.look(), Look::Now) {
            return Err(self);
        }
        let now = self.gate.clock.now();
        let mut state = self.gate.state();
        state.running += 1;
        if let Some(rate) = self.gate.rate {
            state.filled = rate.take(state.filled, now, 1);
        }
        drop(state);
        // It leaves the line as it is dropped.
        Ok(Through(self.gate.clone()))
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.line.retain(|own| own.number != self.number);
        self.gate.tell_head(state);
        self.gate.moved.notify_one();
    }
}

impl Drop for Through {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running -= 1;
        self.0.tell_head(state);
        self.0.moved.notify_one();
    }
}
