//! One watch on the store for all who wait on a client.
//!
//! [`crate::store::Store::changed`] is a hint with a single consumer. Whoever waits first takes
//! the turn and calls it for everybody; the others listen for the new generation. No task is
//! spawned: when the one at the turn is dropped, the next one takes over.

use crate::store::Store;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// How long a change stays unseen at most where the store's hints are somebody else's.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// And if the store has forgotten to hint.
const HINTED_INTERVAL: Duration = Duration::from_secs(1);

/// How long a client pauses between two rounds for each handle that waits, since each of them
/// reads once per round: at most 10,000 reads per second, however many wait.
const PAUSE_PER_WAITER: Duration = Duration::from_micros(100);

pub(super) struct Changes {
    /// Whether the store's hints are ours to take: beside a worker on the same handle they are
    /// the worker's, and we look at intervals.
    hints: bool,
    turn: Mutex<()>,
    generation: watch::Sender<u64>,
}

/// One waiter's view; opened *before* it reads, so that a change in between is not missed.
pub(super) struct Watch<'a> {
    changes: &'a Changes,
    seen: watch::Receiver<u64>,
}

impl Changes {
    pub(super) fn new(hints: bool) -> Self {
        Self {
            hints,
            turn: Mutex::new(()),
            generation: watch::Sender::new(0),
        }
    }

    pub(super) fn watch(&self) -> Watch<'_> {
        Watch {
            changes: self,
            seen: self.generation.subscribe(),
        }
    }

    fn pause(&self) -> Duration {
        let waiters = u32::try_from(self.generation.receiver_count()).unwrap_or(u32::MAX);
        PAUSE_PER_WAITER.saturating_mul(waiters)
    }
}

impl Watch<'_> {
    /// Returns when the store may have changed since the last call (or since the watch opened).
    pub(super) async fn changed(&mut self, store: &dyn Store) {
        let turn = tokio::select! {
            biased;
            // The sender lives in `changes`, so this cannot fail.
            _ = self.seen.changed() => return,
            turn = self.changes.turn.lock() => turn,
        };
        // Whoever had the turn before may have seen a change just now.
        if !self.seen.has_changed().unwrap_or(true) {
            let pause = self.changes.pause();
            if pause >= Duration::from_millis(1) {
                tokio::time::sleep(pause).await;
            }
            if self.changes.hints {
                store.changed(None, HINTED_INTERVAL).await;
            } else {
                tokio::time::sleep(POLL_INTERVAL).await;
            }
            self.changes.generation.send_modify(|g| *g += 1);
        }
        drop(turn);
        self.seen.mark_unchanged();
    }
}
