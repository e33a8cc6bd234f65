//! Listens to the body of an attempt: when it last spoke, and when that is to be put down.

use super::instance::Outcome;
use crate::activity::{Live, SaidEnd};
use crate::clock::{Busy, Clock};
use crate::id::Timestamp;
use crate::operation::TimeoutKind;
use std::future::Future;
use std::time::Duration;
use tokio::sync::mpsc;

/// Heartbeats are put down at most this often, if there is no time-out of which they may take four
/// fifths.
const PAUSE: Duration = Duration::from_secs(30);

/// The way to the run for news of one attempt: the number of its operation.
#[derive(Clone, Debug)]
pub(super) struct Beats {
    pub(super) op: u64,
    pub(super) news: mpsc::UnboundedSender<(u64, Busy)>,
}

impl Beats {
    /// Asks the run to put down the latest heartbeat.
    fn tell(&self, busy: Busy) {
        // A run that is gone wants to hear nothing.
        let _ = self.news.send((self.op, busy));
    }
}

/// Answers when the body has ended its attempt by saying so, or has said nothing for `limit` from
/// now on.
pub(super) fn listen<'a>(
    live: &'a Live,
    clock: &'a dyn Clock,
    limit: Option<Duration>,
    beats: Beats,
) -> impl Future<Output = (Outcome, Busy)> + use<'a> {
    let began = clock.now();
    // Before the body may let time pass.
    let mut first = limit.map(|limit| clock.sleep_until(began.after(limit)));
    let pause = limit.map_or(PAUSE, |limit| limit.mul_f64(0.8));
    async move {
        let mut told_at: Option<Timestamp> = None;
        // Of a timer that fired: held until what is due has been seen to.
        let mut held: Option<Busy> = None;
        loop {
            let (spoke_at, end, busy) = live.heard();
            drop(held.take());
            match end {
                Some(SaidEnd::Cancelled) => return (Outcome::Cancelled, busy),
                Some(SaidEnd::NoTransactions) => {
                    let reason = "a transactional activity needs a store with transactions for \
                                  applications: SQLite (sqlite://…)";
                    return (Outcome::Unfit(reason.to_owned()), busy);
                }
                Some(SaidEnd::Later) => return (Outcome::EndsElsewhere { began }, busy),
                None => {}
            }
            let now = clock.now();
            let late_at = limit.map(|limit| spoke_at.unwrap_or(began).after(limit));
            if late_at.is_some_and(|at| at <= now) {
                return (Outcome::TimedOut(TimeoutKind::Heartbeat), busy);
            }
            let tell_at = told_at.map_or(now, |at| at.after(pause));
            let tell_at = Some(tell_at).filter(|_| live.has_news());
            if tell_at.is_some_and(|at| at <= now) && told_at != Some(now) {
                beats.tell(busy);
                told_at = Some(now);
                continue;
            }
            let next = [late_at, tell_at].into_iter().flatten().min();
            let sleeping = first
                .take()
                .or_else(|| next.map(|at| clock.sleep_until(at)));
            drop(busy);
            let due = async {
                match sleeping {
                    Some(sleeping) => sleeping.await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = live.spoken() => {}
                busy = due => held = Some(busy),
            }
        }
    }
}
