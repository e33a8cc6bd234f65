//! In which order operations that are under way at the same time are answered, and an executor that
//! runs a plain function under such an order.

use super::{log, spawned};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// More answers than any function under test waits for.
const ANSWERS_MAX: usize = 20_000;

/// Which of the operations under way is answered next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// The one that began first.
    First,
    /// The one that began last.
    Last,
    /// Any, the same for the same seed.
    Seeded(u64),
}

impl Schedule {
    /// The place of the next one among `open`, in the order in which they began.
    pub(super) fn pick(self, turn: usize, open: usize) -> usize {
        match self {
            Self::First => 0,
            Self::Last => open - 1,
            Self::Seeded(seed) => {
                let mixed = (seed + 1)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .wrapping_add(turn as u64)
                    .wrapping_mul(0xbf58_476d_1ce4_e5b9);
                usize::try_from((mixed >> 33) % open as u64).expect("less than `open`")
            }
        }
    }
}

thread_local! {
    /// Operations of the plain copy under way: whether there is an answer.
    static OPEN: RefCell<(u64, BTreeMap<u64, bool>)> = const { RefCell::new((0, BTreeMap::new())) };
}

/// An operation of the plain copy; given up when it is dropped.
#[derive(Debug)]
pub(super) struct Pending {
    number: u64,
    logged: log::Place,
}

impl Pending {
    /// Begins an operation, which is in the log already.
    pub(super) fn new(logged: log::Place) -> Self {
        OPEN.with_borrow_mut(|(next, open)| {
            *next += 1;
            open.insert(*next, false);
            Self {
                number: *next,
                logged,
            }
        })
    }

    /// Whether there is an answer.
    pub(super) fn is_answered(&self) -> bool {
        OPEN.with_borrow(|(_, open)| open[&self.number])
    }

    /// Waits for the answer.
    pub(super) async fn answered(&self) {
        std::future::poll_fn(|_| {
            if self.is_answered() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let answered = OPEN.with_borrow_mut(|(_, open)| open.remove(&self.number));
        if answered == Some(false) {
            log::give_up(self.logged);
        }
    }
}

/// Runs the plain copy to its end.
///
/// # Panics
/// When it waits for nothing.
pub(super) fn finish<R>(future: impl Future<Output = R>, schedule: Schedule) -> R {
    let mut future = pin!(future);
    for turn in 0..ANSWERS_MAX {
        log::set_turn(turn);
        let context = &mut Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                spawned::give_up();
                return output;
            }
            if !spawned::poll_all(context) {
                break;
            }
        }
        OPEN.with_borrow_mut(|(_, open)| {
            let mut waiting = open.values_mut().filter(|answered| !**answered);
            let count = waiting.by_ref().count();
            assert!(count > 0, "the plain function waits for nothing");
            let mut waiting = open.values_mut().filter(|answered| !**answered);
            let next = waiting.nth(schedule.pick(turn, count));
            *next.expect("one of them") = true;
        });
    }
    panic!("{}: more than {ANSWERS_MAX} answers", log::OUTGROWN);
}
