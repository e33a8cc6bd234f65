//! What an attempt in progress and the body that it runs tell each other.

use crate::clock::{Busy, Clock, SystemClock};
use crate::id::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};

/// One attempt: the body speaks (heartbeats, how it ends without a result), the engine listens; the
/// engine asks it to stop, the body listens if it wants to.
#[derive(Debug)]
pub(crate) struct Live {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    spoken: Notify,
    cancel: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// The details of the latest heartbeat, encoded; before the first those of the attempt before.
    details: Option<Vec<u8>>,
    /// Heartbeats so far, and when the last one was said.
    beats: u64,
    beat_at: Timestamp,
    /// Those that were given to the run.
    taken: u64,
    /// How the attempt ends without a result.
    end: Option<SaidEnd>,
    /// No time passes until the engine has heard what was said last.
    unheard: Option<Busy>,
    /// Nobody listens any more.
    over: bool,
    /// The body has asked whether it is cancelled.
    listens: bool,
}

/// How a body ends its attempt other than by returning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaidEnd {
    /// It has stopped because it was asked to.
    Cancelled,
    /// It has to run in the store's transaction, and there is none.
    NoTransactions,
    /// It has begun what ends elsewhere.
    Later,
}

impl Default for Live {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock), None)
    }
}

impl Live {
    /// An attempt that follows one with these details.
    pub(crate) fn new(clock: Arc<dyn Clock>, details: Option<Vec<u8>>) -> Self {
        let state = State {
            details,
            ..State::default()
        };
        Self {
            clock,
            state: Mutex::new(state),
            spoken: Notify::default(),
            cancel: watch::Sender::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- the body ------------------------------------------------------------------------

    pub(super) fn beat(&self, details: Vec<u8>) {
        let at = self.clock.now();
        self.say(|state| {
            state.details = Some(details);
            state.beats += 1;
            state.beat_at = at;
        });
    }

    pub(super) fn details(&self) -> Option<Vec<u8>> {
        self.state().details.clone()
    }

    pub(super) fn end(&self, end: SaidEnd) {
        self.say(|state| {
            state.end.get_or_insert(end);
        });
    }

    fn say(&self, what: impl FnOnce(&mut State)) {
        let busy = self.clock.busy();
        let mut state = self.state();
        if state.over {
            return;
        }
        what(&mut state);
        let before = state.unheard.replace(busy);
        drop(state);
        self.spoken.notify_one();
        drop(before);
    }

    /// From now on the body is told of a cancellation.
    pub(super) fn listen(&self) -> watch::Receiver<bool> {
        self.state().listens = true;
        self.cancel.subscribe()
    }

    // --- the engine ----------------------------------------------------------------------

    /// When the last heartbeat was said, and how the attempt ends, if the body has said so; time may
    /// pass as soon as the guard is dropped.
    pub(crate) fn heard(&self) -> (Option<Timestamp>, Option<SaidEnd>, Busy) {
        let busy = self.clock.busy();
        let mut state = self.state();
        let unheard = state.unheard.take();
        let heard = (state.beats > 0).then_some(state.beat_at);
        let end = state.end;
        drop(state);
        drop(unheard);
        (heard, end, busy)
    }

    /// Nobody listens any more.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.over = true;
        let unheard = state.unheard.take();
        drop(state);
        drop(unheard);
    }

    /// Waits until the body has said something since the last time; for one listener.
    pub(crate) async fn spoken(&self) {
        self.spoken.notified().await;
    }

    /// Whether there is a heartbeat that was not taken.
    pub(crate) fn has_news(&self) -> bool {
        let state = self.state();
        state.taken < state.beats
    }

    /// The latest heartbeat and its details, unless it was taken before.
    pub(crate) fn take_beat(&self) -> Option<(Timestamp, Vec<u8>)> {
        let mut state = self.state();
        if state.taken == state.beats {
            return None;
        }
        state.taken = state.beats;
        Some((state.beat_at, state.details.clone()?))
    }

    /// Whether the body wants to be told of a cancellation.
    pub(crate) fn listens(&self) -> bool {
        self.state().listens
    }

    /// Asks the body to stop.
    pub(crate) fn cancel(&self) {
        self.cancel.send_replace(true);
    }
}
