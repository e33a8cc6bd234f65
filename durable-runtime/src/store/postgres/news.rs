//! What a transaction has done that others may wait for.

use super::bell::Bell;
use crate::id::Incarnation;
use crate::store::changes;
use std::sync::{Mutex, PoisonError};

/// Collected while a transaction is under way.
#[derive(Debug, Default)]
pub(super) struct News(Mutex<changes::News>);

impl News {
    /// It holds something that anybody may wait for.
    pub(super) fn noteworthy(&self) {
        self.change(changes::News::noteworthy);
    }

    /// This worker has written something that all others may wait for.
    pub(super) fn by(&self, worker: Incarnation) {
        self.change(|news| news.by(worker));
    }

    fn change<T>(&self, change: impl FnOnce(&mut changes::News) -> T) -> T {
        // Nothing in here panics half way.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The transaction was committed: tells those who wait.
    pub(super) fn tell(&self, bell: &Bell) {
        bell.tell(self.change(|news| *news));
    }
}
