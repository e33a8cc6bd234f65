//! How a body learns that it is to stop.

use super::live::{Live, SaidEnd};
use std::sync::Arc;
use tokio::sync::watch;

/// Tells the body of an activity that its attempt is to stop: the workflow was cancelled, the
/// branch that awaits it was given up, its time is over, or its worker stops. Cheap to clone.
///
/// What that does to the call is said by [`CancellationType`](crate::operation::CancellationType).
#[derive(Clone, Debug)]
pub struct Cancellation {
    live: Arc<Live>,
    cancelled: watch::Receiver<bool>,
}

impl Cancellation {
    pub(super) fn new(live: &Arc<Live>) -> Self {
        Self {
            live: live.clone(),
            cancelled: live.listen(),
        }
    }

    /// Whether it is to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.cancelled.borrow()
    }

    /// Waits until it is to stop.
    pub async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        // The sender lives in `self`.
        let _ = cancelled.wait_for(|cancelled| *cancelled).await;
    }

    /// Ends the attempt, and the call, as cancelled: the workflow's await gives
    /// [`ActivityError::Cancelled`](crate::operation::ActivityError::Cancelled), no attempt
    /// follows, and what the body has not done is not done. Clean up before.
    ///
    /// Outside of a worker it never returns.
    pub async fn confirm(self) -> ! {
        self.live.end(SaidEnd::Cancelled);
        std::future::pending().await
    }
}
