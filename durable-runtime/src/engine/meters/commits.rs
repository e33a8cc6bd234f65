//! The transactions of a worker: how large they are, and how long they take.

use super::Meters;
use crate::metrics::{self as table, Counter, Histogram, ON};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Commits {
    writes: Histogram,
    bytes: Histogram,
    seconds: Histogram,
    errors: Counter,
}

/// One that is under way.
#[derive(Debug)]
pub(in crate::engine) struct Batch {
    writes: usize,
    bytes: usize,
    from: Duration,
}

impl Commits {
    pub(super) fn new(of: &[&str]) -> Self {
        Self {
            writes: table::COMMIT_WRITES.histogram(of),
            bytes: table::COMMIT_BYTES.histogram(of),
            seconds: table::COMMIT_SECONDS.histogram(of),
            errors: table::STORE_ERRORS.counter(of),
        }
    }
}

impl Meters {
    /// A batch of so many writes is about to be committed.
    pub(in crate::engine) fn batch(
        &self,
        writes: usize,
        bytes: impl FnOnce() -> usize,
    ) -> Option<Batch> {
        (ON && writes > 0).then(|| Batch {
            writes,
            bytes: bytes(),
            from: self.clock.elapsed(),
        })
    }

    /// It is on disk.
    #[expect(clippy::cast_precision_loss, reason = "a batch has limits")]
    pub(in crate::engine) fn committed(&self, batch: Option<Batch>) {
        if let Some(batch) = batch {
            let took = self.clock.elapsed().saturating_sub(batch.from);
            self.commits.writes.record(batch.writes as f64);
            self.commits.bytes.record(batch.bytes as f64);
            self.commits.seconds.record(took.as_secs_f64());
        }
    }

    /// The store did not take it.
    pub(in crate::engine) fn store_error(&self) {
        self.commits.errors.increment(1);
    }
}
