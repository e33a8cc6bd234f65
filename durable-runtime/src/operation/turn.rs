//! The turn of an activity in the line of its queue.

use super::{ActivityCall, ActivityOptions};
#[cfg(doc)]
use crate::client::Start;
use crate::store::{Concurrency, Fairness, Queueing};

impl ActivityOptions {
    /// What the call says of its turn.
    pub(crate) fn turn(&self) -> Queueing {
        self.queueing.as_deref().cloned().unwrap_or_default()
    }

    fn turn_mut(&mut self) -> &mut Queueing {
        self.queueing.get_or_insert_default()
    }
}

/// What holds on another queue ([`queue`](Self::queue)) only: at the worker of its workflow an
/// activity waits in no line.
impl<T, E> ActivityCall<T, E> {
    /// Its priority, from 1, the first, to 5, the last. The default is that of the workflow. Any other
    /// number is refused when the call begins.
    pub fn priority(mut self, priority: u8) -> Self {
        self.options.turn_mut().priority = Some(priority);
        self
    }

    /// For whom it runs: within one priority, activities of several keys have their turns by weight,
    /// however many there are of each; see [`Start::fairness`]. The default is that of the workflow.
    pub fn fairness(mut self, key: impl Into<String>, weight: f64) -> Self {
        self.options.turn_mut().fairness = Some(Fairness::new(key, weight));
        self
    }

    /// What it has in common with others of its queue, of which at most so many are to be carried
    /// out at a time: an attempt begins once fewer than `limit` are. A limit of 0 counts as 1. What is
    /// set for the queue
    /// ([`QueueHandle::activity_per_key`](crate::client::QueueHandle::activity_per_key)) goes
    /// before the limit. The default is the workflow's key, for which only that counts.
    pub fn concurrency_key(mut self, key: impl Into<String>, limit: u32) -> Self {
        self.options.turn_mut().concurrency = Some(Concurrency::new(key, limit));
        self
    }
}
