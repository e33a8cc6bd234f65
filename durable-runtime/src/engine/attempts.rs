//! The attempts of one run that are in progress side by side.

use super::attempt::{Attempt, End};
use super::instance::Outcome;
use crate::clock::Busy;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Attempts in progress, and those that have ended and were not asked for yet.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    running: Vec<(u64, Attempt)>,
    ended: Vec<(u64, End)>,
}

impl Attempts {
    /// Takes in an attempt of this operation.
    pub(super) fn begin(&mut self, op: u64, attempt: Attempt) {
        self.running.push((op, attempt));
    }

    /// Takes in an attempt that this binary cannot make.
    pub(super) fn unfit(&mut self, op: u64, reason: String, busy: Busy) {
        self.ended
            .push((op, End::new(Outcome::Unfit(reason), busy)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty() && self.ended.is_empty()
    }

    /// Stops all but these, and waits until they hold nothing any more. What the others have
    /// given counts for nothing.
    pub(super) async fn keep(&mut self, keeps: impl Fn(u64) -> bool) {
        self.ended.retain(|(op, _)| keeps(*op));
        if self.running.iter().all(|(op, _)| keeps(*op)) {
            return;
        }
        let (kept, stopped) = std::mem::take(&mut self.running)
            .into_iter()
            .partition::<Vec<_>, _>(|(op, _)| keeps(*op));
        self.running = kept;
        for (_, attempt) in &stopped {
            attempt.abort();
        }
        for (_, attempt) in stopped {
            attempt.stop().await;
        }
    }

    /// Waits for the next end, in the order in which they ended. May be dropped and called again.
    pub(super) async fn ended(&mut self) -> (u64, End) {
        poll_fn(|cx| self.poll_ended(cx)).await
    }

    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<(u64, End)> {
        let mut at = 0;
        while let Some((op, attempt)) = self.running.get_mut(at) {
            match attempt.poll_ended(cx) {
                Poll::Ready(end) => {
                    self.ended.push((*op, end));
                    self.running.swap_remove(at);
                }
                Poll::Pending => at += 1,
            }
        }
        let all = self.ended.iter().enumerate();
        match all.min_by_key(|(_, (_, end))| end.turn) {
            Some((first, _)) => Poll::Ready(self.ended.swap_remove(first)),
            None => Poll::Pending,
        }
    }
}
