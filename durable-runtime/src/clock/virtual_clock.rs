//! A clock for tests: when nobody is at work, time jumps to the next deadline.

use super::{Busy, Clock, Release, Sleeping};
use crate::id::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Time that passes only while everybody waits for it: thirty days take milliseconds.
///
/// Cheap to clone; clones share the time. A test that wants to act at an instant awaits
/// [`sleep_until`](Clock::sleep_until) itself: time stands still until it drops the answer.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Timestamp,
    busy: usize,
    /// By deadline, then in the order of their calls.
    waiting: BTreeMap<(Timestamp, u64), Waiting>,
    /// Fired, not yet polled; each counts as busy.
    fired: BTreeSet<u64>,
    next: u64,
}

#[derive(Debug)]
struct Waiting {
    waker: Option<Waker>,
    what: What,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// An instant; time moves for it.
    Instant,
    /// An instant, once time has passed it for another reason.
    Tick,
    /// That nothing is left for which time would move.
    Standstill,
}

impl VirtualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let clock = Self::default();
        clock.0.state().now = now;
        clock
    }

    /// Waits until nobody is at work at the present instant; time stands still meanwhile.
    #[must_use]
    pub fn quiet(&self) -> Sleeping {
        self.waiter(self.now(), What::Instant)
    }

    /// Waits until nobody is at work and nobody waits for an instant: nothing will happen any more
    /// unless somebody outside does something.
    #[must_use]
    pub fn standstill(&self) -> Sleeping {
        self.waiter(Timestamp(i64::MAX), What::Standstill)
    }

    fn sleeper(&self, at: Timestamp, what: What) -> Sleeping {
        let mut state = self.0.state();
        if at > state.now {
            drop(state);
            return self.waiter(at, what);
        }
        let id = state.next;
        state.next += 1;
        state.busy += 1;
        state.fired.insert(id);
        drop(state);
        Box::pin(Sleeper {
            at,
            id,
            shared: self.0.clone(),
        })
    }

    /// Somebody who waits, also for the present instant.
    fn waiter(&self, at: Timestamp, what: What) -> Sleeping {
        let mut state = self.0.state();
        let id = state.next;
        state.next += 1;
        let waiting = Waiting { waker: None, what };
        state.waiting.insert((at, id), waiting);
        drop(state);
        self.0.advance();
        Box::pin(Sleeper {
            at,
            id,
            shared: self.0.clone(),
        })
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.state().now
    }

    fn sleep_until(&self, at: Timestamp) -> Sleeping {
        self.sleeper(at, What::Instant)
    }

    fn tick(&self, at: Timestamp) -> Sleeping {
        self.sleeper(at, What::Tick)
    }

    fn busy(&self) -> Busy {
        self.0.state().busy += 1;
        Busy::new(self.0.clone())
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// If nobody is at work, jumps to the next deadline and fires all that are due then; if there
    /// is none, fires those who wait for a standstill.
    fn advance(&self) {
        let mut state = self.state();
        if state.busy > 0 {
            return;
        }
        let mut all = state.waiting.iter();
        let next = all.find(|(_, w)| w.what == What::Instant);
        let due = if let Some((&(at, _), _)) = next {
            state.now = state.now.max(at);
            let later = state
                .waiting
                .split_off(&(Timestamp(at.0.saturating_add(1)), 0));
            std::mem::replace(&mut state.waiting, later)
        } else {
            let all = std::mem::take(&mut state.waiting);
            let (due, rest) = all
                .into_iter()
                .partition(|(_, w)| w.what == What::Standstill);
            state.waiting = rest;
            due
        };
        state.busy += due.len();
        state.fired.extend(due.keys().map(|(_, id)| *id));
        drop(state);
        for waker in due.into_values().filter_map(|waiting| waiting.waker) {
            waker.wake();
        }
    }
}

impl Release for Shared {
    fn release(self: Arc<Self>) {
        self.state().busy -= 1;
        self.advance();
    }
}

#[derive(Debug)]
struct Sleeper {
    at: Timestamp,
    id: u64,
    shared: Arc<Shared>,
}

impl Future for Sleeper {
    type Output = Busy;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Busy> {
        let mut state = self.shared.state();
        if state.fired.remove(&self.id) {
            return Poll::Ready(Busy::new(self.shared.clone()));
        }
        if let Some(waiting) = state.waiting.get_mut(&(self.at, self.id)) {
            waiting.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.waiting.remove(&(self.at, self.id));
        if state.fired.remove(&self.id) {
            drop(state);
            self.shared.clone().release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn time_jumps_when_nobody_is_busy() {
        let clock = VirtualClock::new(Timestamp(0));
        let far = clock.sleep_until(Timestamp(1_000_000_000));
        let near = clock.sleep_until(Timestamp(500));
        let busy = near.await;
        assert_eq!(
            clock.now(),
            Timestamp(1_000_000_000),
            "`far` was registered alone at first"
        );
        drop((far, busy));
    }

    #[tokio::test]
    async fn time_stands_still_while_somebody_is_busy() {
        let clock = VirtualClock::new(Timestamp(0));
        let guard = clock.busy();
        let mut far = clock.sleep_until(Timestamp(1_000));
        let near = clock.sleep_until(Timestamp(500));
        assert_eq!(clock.now(), Timestamp(0));
        drop(guard);
        let fired = near.await;
        assert_eq!(clock.now(), Timestamp(500));
        assert!(poll(&mut far).is_pending());
        drop(fired);
        drop(far.await);
        assert_eq!(clock.now(), Timestamp(1_000));
    }

    #[tokio::test]
    async fn a_tick_does_not_move_time_but_fires_when_it_has_passed() {
        let clock = VirtualClock::new(Timestamp(0));
        let mut tick = clock.tick(Timestamp(10));
        assert!(poll(&mut tick).is_pending());
        assert_eq!(clock.now(), Timestamp(0));
        drop(clock.sleep_until(Timestamp(20)).await);
        drop(tick.await);
        assert_eq!(clock.now(), Timestamp(20));
    }

    #[tokio::test]
    async fn a_dropped_sleep_holds_nobody_up() {
        let clock = VirtualClock::new(Timestamp(0));
        let fired = clock.sleep_until(Timestamp(10));
        assert_eq!(clock.now(), Timestamp(10));
        let next = clock.sleep_until(Timestamp(20));
        assert_eq!(
            clock.now(),
            Timestamp(10),
            "the first one fired and was not polled"
        );
        drop(fired);
        drop(next.await);
        assert_eq!(clock.now(), Timestamp(20));
    }

    #[tokio::test]
    async fn quiet_comes_before_time_moves() {
        let clock = VirtualClock::new(Timestamp(5));
        let guard = clock.busy();
        let mut later = clock.sleep_until(Timestamp(10));
        let mut quiet = clock.quiet();
        assert!(poll(&mut quiet).is_pending());
        drop(guard);
        let held = quiet.await;
        assert_eq!(clock.now(), Timestamp(5));
        assert!(poll(&mut later).is_pending());
        drop(held);
        drop(later.await);
        assert_eq!(clock.now(), Timestamp(10));
    }

    #[tokio::test]
    async fn a_standstill_is_when_nobody_works_and_time_has_no_reason_to_move() {
        let clock = VirtualClock::new(Timestamp(0));
        let guard = clock.busy();
        let tick = clock.tick(Timestamp(3));
        let sleep = clock.sleep_until(Timestamp(10));
        let mut standstill = clock.standstill();
        assert!(poll(&mut standstill).is_pending());
        drop(guard);
        let woken = sleep.await;
        assert!(poll(&mut standstill).is_pending());
        drop((woken, tick));
        drop(standstill.await);
        assert_eq!(clock.now(), Timestamp(10), "time has not moved for it");
    }

    fn poll(sleeping: &mut Sleeping) -> Poll<Busy> {
        sleeping
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
    }
}
