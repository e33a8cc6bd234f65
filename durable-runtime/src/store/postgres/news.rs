//! What a transaction has done that others may wait for.

use super::bell::Bell;
use crate::id::Incarnation;
use std::sync::{Mutex, PoisonError};

/// Collected while a transaction is under way.
#[derive(Debug, Default)]
pub(super) struct News(Mutex<(bool, Authors)>);

/// The workers that have let go of runs, or ended them: that is news to all but themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Authors {
    #[default]
    Nobody,
    One(Incarnation),
    Several,
}

impl News {
    /// It holds something that anybody may wait for.
    pub(super) fn noteworthy(&self) {
        self.change(|(noteworthy, _)| *noteworthy = true);
    }

    /// This worker has written something that all others may wait for.
    pub(super) fn by(&self, worker: Incarnation) {
        self.change(|(_, authors)| {
            *authors = match *authors {
                Authors::Nobody => Authors::One(worker),
                Authors::One(other) if other == worker => Authors::One(worker),
                Authors::One(_) | Authors::Several => Authors::Several,
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut (bool, Authors)) -> T) -> T {
        // Nothing in here panics half way.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The transaction was committed: tells those who wait.
    pub(super) fn tell(&self, bell: &Bell) {
        match self.change(|news| *news) {
            (false, Authors::Nobody) => {}
            (false, Authors::One(worker)) => bell.happened(Some(worker)),
            (true, _) | (_, Authors::Several) => bell.happened(None),
        }
    }
}
