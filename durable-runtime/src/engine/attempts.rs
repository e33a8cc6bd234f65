//! The attempts of one run that are in progress side by side.

use super::attempt::{Attempt, End};
use super::background::Background;
use super::heartbeat::Beats;
use super::instance::Outcome;
use crate::clock::Busy;
use crate::id::Timestamp;
use std::future::poll_fn;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Attempts in progress, and those that have ended and were not asked for yet.
#[derive(Debug)]
pub(super) struct Attempts {
    running: Vec<(u64, Attempt)>,
    ended: Vec<(u64, End)>,
    news: mpsc::UnboundedSender<(u64, Busy)>,
    heard: mpsc::UnboundedReceiver<(u64, Busy)>,
}

impl Default for Attempts {
    fn default() -> Self {
        let (news, heard) = mpsc::unbounded_channel();
        Self {
            running: Vec::new(),
            ended: Vec::new(),
            news,
            heard,
        }
    }
}

/// What is new of an attempt.
#[derive(Debug)]
pub(super) enum News {
    /// Its latest heartbeat is to be put down.
    Beat(Busy),
    /// It has ended.
    Ended(End),
}

/// When an attempt said its latest heartbeat, and with which details.
pub(super) type Beat = (Timestamp, Vec<u8>);

impl Attempts {
    /// Takes in an attempt of this operation.
    pub(super) fn begin(&mut self, op: u64, attempt: Attempt) {
        self.running.push((op, attempt));
    }

    /// The way back for one of this operation.
    pub(super) fn beats(&self, op: u64) -> Beats {
        let news = self.news.clone();
        Beats { op, news }
    }

    /// Takes in an attempt that this binary cannot make.
    pub(super) fn unfit(&mut self, op: u64, reason: String, busy: Busy) {
        self.ended
            .push((op, End::at_once(Outcome::Unfit(reason), busy)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.running.is_empty() && self.ended.is_empty()
    }

    /// Asks these to stop.
    pub(super) fn ask(&self, to_stop: impl Fn(u64) -> bool) {
        for (_, attempt) in self.running.iter().filter(|(op, _)| to_stop(*op)) {
            attempt.live().cancel();
        }
    }

    /// Stops all but these, and waits until they hold nothing any more. What the others have
    /// given counts for nothing. Of those that nobody waits for any more (`given_up`) some go on in
    /// the background.
    pub(super) async fn keep(
        &mut self,
        keeps: impl Fn(u64) -> bool,
        given_up: impl Fn(u64) -> bool,
        background: &Background,
    ) {
        self.ended.retain(|(op, _)| keeps(*op));
        if self.running.iter().all(|(op, _)| keeps(*op)) {
            return;
        }
        let (kept, others) = std::mem::take(&mut self.running)
            .into_iter()
            .partition::<Vec<_>, _>(|(op, _)| keeps(*op));
        self.running = kept;
        let (outliving, stopped) = others
            .into_iter()
            .partition::<Vec<_>, _>(|(op, attempt)| given_up(*op) && attempt.outlives());
        for (_, attempt) in outliving {
            background.take(attempt);
        }
        Attempt::stop(stopped.into_iter().map(|(_, attempt)| attempt).collect()).await;
    }

    /// The heartbeats of all that run and that were not taken before.
    pub(super) fn take_beats(&self) -> Vec<(u64, Beat)> {
        let beat = |(op, attempt): &(u64, Attempt)| Some((*op, attempt.live().take_beat()?));
        self.running.iter().filter_map(beat).collect()
    }

    /// Waits for news: ends in the order in which they came, and none that came after `by`. May be
    /// dropped and called again.
    pub(super) async fn news(&mut self, by: Option<Timestamp>) -> (u64, News) {
        poll_fn(|cx| self.poll_news(by, cx)).await
    }

    fn poll_news(&mut self, by: Option<Timestamp>, cx: &mut Context<'_>) -> Poll<(u64, News)> {
        while let Poll::Ready(Some((op, busy))) = self.heard.poll_recv(cx) {
            // Not of one that was stopped, or has ended.
            if self.running.iter().any(|(running, _)| *running == op) {
                return Poll::Ready((op, News::Beat(busy)));
            }
        }
        let mut at = 0;
        while let Some((op, attempt)) = self.running.get_mut(at) {
            match attempt.poll_ended(cx) {
                Poll::Ready(mut end) => {
                    end.beat = attempt.live().take_beat();
                    self.ended.push((*op, end));
                    self.running.swap_remove(at);
                }
                Poll::Pending => at += 1,
            }
        }
        let all = self.ended.iter().enumerate();
        let in_time = all.filter(|(_, (_, end))| by.is_none_or(|by| end.at <= by));
        match in_time.min_by_key(|(_, (_, end))| end.turn) {
            Some((first, _)) => {
                let (op, end) = self.ended.swap_remove(first);
                Poll::Ready((op, News::Ended(end)))
            }
            None => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    /// Bodies that block are left behind after a second: all of them, and not a second for each.
    #[test]
    fn attempts_that_do_not_stop_are_waited_for_together() {
        const BODIES: u64 = 8;
        let threads = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(8)
            .build()
            .expect("a runtime for bodies");
        let (begun, begins) = channel();
        let (release, released) = channel::<()>();
        let released = std::sync::Arc::new(std::sync::Mutex::new(released));
        let mut attempts = Attempts::default();
        {
            let _on_threads = threads.enter();
            for op in 1..=BODIES {
                let (begun, released) = (begun.clone(), released.clone());
                let body = async move {
                    begun.send(()).expect("somebody waits for it");
                    // Blocks: the lock, or what it guards.
                    let _ = released.lock().map(|released| released.recv());
                    End::at_once(Outcome::Cancelled, Busy::default())
                };
                attempts.begin(op, Attempt::of(body));
            }
        }
        (0..BODIES).for_each(|_| begins.recv().expect("it begins"));
        let waits = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime for the wait");
        let before = Instant::now();
        waits.block_on(attempts.keep(|_| false, |_| false, &Background::default()));
        let took = before.elapsed();
        drop(release);
        assert!(attempts.is_empty());
        let grace = Duration::from_secs(1);
        assert!(took >= grace, "they are waited for: {took:?}");
        assert!(took < grace * 4, "one after the other: {took:?}");
    }
}
