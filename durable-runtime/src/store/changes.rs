//! Wakes those who wait for a commit: a counter that only grows, and a bell.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Commits that may interest somebody else, shared by everybody who can make or await one.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    count: AtomicU64,
    bell: Notify,
}

impl Changes {
    /// Something was committed that another worker or client may wait for.
    pub(crate) fn happened(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
        self.bell.notify_waiters();
    }

    /// Waits until the counter differs from `seen`, or for `at_most`; then stores it in `seen`.
    pub(crate) async fn wait(&self, seen: &AtomicU64, at_most: Duration) {
        let moved = async {
            loop {
                // Enlisted before the look at the counter, so that no ring falls in between.
                let mut rung = std::pin::pin!(self.bell.notified());
                rung.as_mut().enable();
                let now = self.count.load(Ordering::Acquire);
                if seen.swap(now, Ordering::AcqRel) != now {
                    return;
                }
                rung.await;
            }
        };
        // Running out of time is an ordinary outcome.
        let _ = tokio::time::timeout(at_most, moved).await;
    }
}
