//! The only source of randomness: run ids, incarnations and ids of messages.

use crate::id::{Incarnation, RunId, Timestamp};
use std::sync::{Mutex, PoisonError};

/// Run ids have 27 low bits within one tick of the clock.
const LOW_BITS: u32 = 27;
/// A tick is 2^6 milliseconds; 36 bits of ticks last until the year 2109.
const TICK_BITS: u32 = 6;
/// The lower half of a tick's range is where its first id is drawn, so that at least 2^26 ids
/// follow it.
const START_MASK: u64 = (1 << (LOW_BITS - 1)) - 1;

/// How far to leap at most: 2^20, more than a process starts in a tick.
const LEAP_MASK: u64 = (1 << 20) - 1;

static LAST: Mutex<i64> = Mutex::new(0);

/// A new run id: grows with time, so that rows are appended where they are indexed.
///
/// Within a process ids strictly increase. The first id of every tick (64 ms) is drawn at random,
/// so two processes meet only if their draws do. Then the
/// store refuses the second start ([`Written::RunTaken`](crate::store::Written::RunTaken)), and
/// the client draws again.
#[must_use]
pub fn new_run(now: Timestamp) -> RunId {
    draw(now, 0)
}

/// Another run id, after the one that was drawn turned out to be taken: further on than the process
/// that has it may have counted by now, or the next one would be taken too.
pub(crate) fn new_run_elsewhere(now: Timestamp) -> RunId {
    draw(now, random() & LEAP_MASK)
}

fn draw(now: Timestamp, leap: u64) -> RunId {
    let tick = now.0.max(0) >> TICK_BITS << LOW_BITS;
    let small = |bits: u64| i64::try_from(bits).unwrap_or(0);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let next = if *last >> LOW_BITS >= tick >> LOW_BITS {
        *last + 1
    } else {
        tick | small(random() & START_MASK)
    };
    *last = next + small(leap);
    RunId(*last)
}

/// A new incarnation: 63 random bits.
pub(crate) fn new_incarnation() -> Incarnation {
    Incarnation(i64::try_from(random() >> 1).unwrap_or(i64::MAX))
}

/// The id of a message whose sender gives it none: 128 random bits.
pub(crate) fn new_message() -> String {
    format!("{:016x}{:016x}", random(), random())
}

fn random() -> u64 {
    getrandom::u64().expect("the operating system gives random numbers")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_grow_even_when_the_clock_goes_back() {
        let first = new_run(Timestamp(1_800_000_000_000));
        let second = new_run(Timestamp(1_800_000_000_000));
        let third = new_run(Timestamp(1_700_000_000_000));
        let fourth = new_run(Timestamp(1_800_000_001_000));
        assert!(first < second && second < third && third < fourth);
        let fifth = new_run_elsewhere(Timestamp(1_800_000_001_000));
        assert!(fourth < fifth && fifth < new_run(Timestamp(1_800_000_001_000)));
        assert!(fourth.0 > 0);
    }

    #[test]
    fn incarnations_are_positive_and_differ() {
        let (a, b) = (new_incarnation(), new_incarnation());
        assert!(a.0 >= 0 && b.0 >= 0 && a != b);
    }
}
