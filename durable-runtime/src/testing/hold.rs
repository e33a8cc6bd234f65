//! Who may let time pass: while test code does something, the clock stands still.

use crate::clock::{Busy, Clock, Sleeping, VirtualClock};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The test's own guard on the clock. It is let go while the test waits for something.
#[derive(Clone, Debug)]
pub(super) struct Hold(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: VirtualClock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// How many parts of the test wait.
    waits: usize,
    /// Held unless a part of the test waits.
    busy: Option<Busy>,
}

/// A part of the test waits until this is dropped.
#[derive(Debug)]
pub(super) struct Waits<'a>(&'a Hold);

impl Hold {
    pub(super) fn new(clock: VirtualClock) -> Self {
        let busy = Some(clock.busy());
        let state = Mutex::new(State { waits: 0, busy });
        Self(Arc::new(Shared { clock, state }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets time pass until the answer is dropped.
    pub(super) fn waits(&self) -> Waits<'_> {
        let mut state = self.state();
        state.waits += 1;
        let busy = state.busy.take();
        drop(state);
        // Outside of the lock: this may wake others.
        drop(busy);
        Waits(self)
    }

    /// Waits on the clock; it stands still again when this returns.
    pub(super) async fn wait(&self, sleeping: Sleeping) {
        let waits = self.waits();
        let busy = sleeping.await;
        // Held anew before the guard that comes with the answer goes.
        drop(waits);
        drop(busy);
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.waits -= 1;
        if state.waits == 0 {
            state.busy = Some(self.0.0.clock.busy());
        }
    }
}
