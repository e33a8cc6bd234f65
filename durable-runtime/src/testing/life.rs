//! Whether a worker of a test still lives: once it is killed, nothing of it does anything more.

use crate::id::Incarnation;
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// One worker's life, shared by all that belongs to it.
#[derive(Debug, Default)]
pub(super) struct Life {
    over: watch::Sender<bool>,
    incarnations: Mutex<Vec<Incarnation>>,
}

impl Life {
    pub(super) fn end(&self) {
        self.over.send_replace(true);
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits for its end.
    pub(super) async fn over(&self) {
        // It cannot fail: the sender is here.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// Waits for ever if it is over.
    pub(super) async fn goes_on(&self) {
        if self.is_over() {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn born(&self, worker: Incarnation) {
        let mut all = self
            .incarnations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(worker);
    }

    /// The numbers under which the store knows it.
    pub(super) fn incarnations(&self) -> Vec<Incarnation> {
        let all = self
            .incarnations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}
