//! In which order operations that are under way at the same time are answered, and an executor that
//! runs a plain function under such an order.

#[cfg(doc)]
use super::ops;
use super::{log, spawned};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

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
    /// Operations of the plain copy under way, in the order in which they began.
    static OPEN: RefCell<Open> = const { RefCell::new(Open::new()) };
}

#[derive(Debug)]
struct Open {
    next: u64,
    /// The time so far.
    now: Duration,
    operations: BTreeMap<u64, Underway>,
}

#[derive(Debug)]
struct Underway {
    is_answered: bool,
    /// When the clock has it answered.
    due: Duration,
}

impl Open {
    const fn new() -> Self {
        Self {
            next: 0,
            now: Duration::ZERO,
            operations: BTreeMap::new(),
        }
    }

    fn waiting(&mut self) -> impl Iterator<Item = &mut Underway> {
        let operations = self.operations.values_mut();
        operations.filter(|operation| !operation.is_answered)
    }

    /// Answers the one that is due next; `None` if that is several at the same instant.
    fn answer_by_clock(&mut self) -> Option<()> {
        let next = self.waiting().map(|operation| operation.due).min();
        let now = next.expect("the plain function waits for something");
        self.now = now;
        let mut due = self.waiting().filter(|operation| operation.due == now);
        let operation = due.next().expect("the first one");
        operation.is_answered = true;
        due.next().is_none().then_some(())
    }
}

/// An operation of the plain copy; given up when it is dropped.
#[derive(Debug)]
pub(super) struct Pending {
    number: u64,
    logged: log::Place,
}

impl Pending {
    /// Begins an operation, which is in the log already.
    pub(super) fn new(logged: log::Place, takes: Duration) -> Self {
        OPEN.with_borrow_mut(|open| {
            open.next += 1;
            let operation = Underway {
                is_answered: false,
                due: open.now + takes,
            };
            open.operations.insert(open.next, operation);
            Self {
                number: open.next,
                logged,
            }
        })
    }

    /// Whether there is an answer.
    pub(super) fn is_answered(&self) -> bool {
        OPEN.with_borrow(|open| open.operations[&self.number].is_answered)
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
        let given_up = OPEN.with_borrow_mut(|open| open.operations.remove(&self.number));
        if given_up.is_some_and(|operation| !operation.is_answered) {
            log::give_up(self.logged);
        }
    }
}

/// Runs the plain copy to its end.
///
/// # Panics
/// When it waits for nothing.
pub(super) fn finish<R>(future: impl Future<Output = R>, schedule: Schedule) -> R {
    let answer = |turn, open: &mut Open| {
        let count = open.waiting().count();
        assert!(count > 0, "the plain function waits for nothing");
        let next = open.waiting().nth(schedule.pick(turn, count));
        next.expect("one of them").is_answered = true;
        Some(())
    };
    finish_by(future, answer).expect("there is always an answer")
}

/// Runs the plain copy to its end with answers in the order of a clock, on which calls take as long as [`ops::takes`]
/// says; `None` if the clock does not say which of several comes first.
///
/// # Panics
/// When it waits for nothing.
pub(super) fn finish_by_clock<R>(future: impl Future<Output = R>) -> Option<R> {
    OPEN.with_borrow_mut(|open| open.now = Duration::ZERO);
    finish_by(future, |_, open| open.answer_by_clock())
}

fn finish_by<R>(
    future: impl Future<Output = R>,
    mut answer: impl FnMut(usize, &mut Open) -> Option<()>,
) -> Option<R> {
    let mut future = pin!(future);
    for turn in 0..ANSWERS_MAX {
        log::set_turn(turn);
        let context = &mut Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                spawned::give_up();
                return Some(output);
            }
            if !spawned::poll_all(context) {
                break;
            }
        }
        if OPEN.with_borrow_mut(|open| answer(turn, open)).is_none() {
            spawned::give_up();
            return None;
        }
    }
    panic!("{}: more than {ANSWERS_MAX} answers", log::OUTGROWN);
}

#[cfg(test)]
mod tests {
    use super::super::ops::plain::{act, sleep};
    use super::*;

    #[test]
    fn a_clock_answers_what_is_due_first() {
        let order = async {
            let mut order = Vec::new();
            let [long, short] = [1_600, 1].map(Duration::from_millis);
            let (mut one, mut two, mut call) = (
                std::pin::pin!(sleep(long)),
                std::pin::pin!(sleep(short)),
                std::pin::pin!(act("call", 1)),
            );
            while order.len() < 3 {
                tokio::select! {
                    biased;
                    _ = &mut one, if !order.contains(&"long") => order.push("long"),
                    _ = &mut two, if !order.contains(&"short") => order.push("short"),
                    _ = &mut call, if !order.contains(&"call") => order.push("call"),
                }
            }
            order
        };
        assert_eq!(finish_by_clock(order), Some(vec!["short", "call", "long"]));
    }

    #[test]
    fn a_clock_does_not_say_which_of_two_equals_comes_first() {
        let equal = async { tokio::join!(sleep(Duration::ZERO), sleep(Duration::ZERO)) };
        assert!(finish_by_clock(equal).is_none());
    }
}
