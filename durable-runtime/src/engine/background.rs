//! Attempts that nobody waits for and that go on all the same, until their worker ends.

use super::attempt::Attempt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;

/// The attempts of one incarnation that outlive what awaited them; stopped when dropped.
#[derive(Debug, Default)]
pub(super) struct Background(Mutex<JoinSet<()>>);

impl Background {
    fn set(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets it go on. What it gives is dropped.
    pub(super) fn take(&self, attempt: Attempt) {
        let mut set = self.set();
        while set.try_join_next().is_some() {}
        set.spawn(attempt.over());
    }

    /// Waits until all have ended. Only an ending life asks, so that none is added meanwhile.
    pub(super) async fn over(&self) {
        let mut set = std::mem::take(&mut *self.set());
        while set.join_next().await.is_some() {}
    }
}
