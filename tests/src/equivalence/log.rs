//! What a function did to the outside world, in order.

use super::ops;
use durable_runtime::codec;
use serde::Serialize;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// One call: its name and its encoded argument.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// How often the function had gone on when it made the call.
    turn: usize,
    /// It waits for an answer.
    begins: bool,
    /// It was given up in the turn in which it was made, so it never began.
    lost: bool,
    name: String,
    argument: Vec<u8>,
}

impl Entry {
    /// How often the function had gone on.
    pub(super) fn turn(&self) -> usize {
        self.turn
    }

    /// Whether it waits for an answer.
    pub(super) fn begins(&self) -> bool {
        self.begins
    }

    /// How long the timer is, if it is one.
    pub(super) fn timer(&self) -> Option<Duration> {
        if self.name != ops::TIMER {
            return None;
        }
        let millis: i64 = codec::decode(&self.argument).expect("when it fires");
        Some(Duration::from_millis(u64::try_from(millis).ok()?))
    }

    /// The same at whatever turn: a machine in the engine does not know how often it went on.
    pub(super) fn without_turn(&self) -> Self {
        Self {
            turn: 0,
            ..self.clone()
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match codec::to_json(&self.argument) {
            Ok(json) => write!(f, "{}: {}({json})", self.turn, self.name),
            Err(_) => write!(f, "{}: {}({:02x?})", self.turn, self.name, self.argument),
        }
    }
}

/// Where an entry is in the log of a plain function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place(usize);

thread_local! {
    static LOG: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static TURN: Cell<usize> = const { Cell::new(0) };
    static PLAIN: Cell<bool> = const { Cell::new(false) };
}

/// What a test says whose plain function is too long or too large to be compared: nothing of a
/// machine. `cargo xtask equivalence` looks for it.
pub(super) const OUTGROWN: &str = "the plain function outgrows the comparison";

/// Runs the plain copy.
pub(super) fn plain<R>(run: impl FnOnce() -> R) -> R {
    PLAIN.set(true);
    let done = run();
    PLAIN.set(false);
    done
}

/// The function goes on for the `turn`-th time.
pub(super) fn set_turn(turn: usize) {
    TURN.set(turn);
}

/// Encodes a value that a test knows to be encodable.
///
/// # Panics
/// When it is not.
pub fn encoded<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    codec::encode(value).unwrap_or_else(|error| {
        let what = if PLAIN.get() {
            OUTGROWN
        } else {
            "a test's value cannot be encoded"
        };
        panic!("{what}: {error}")
    })
}

/// Adds a call, and says where it is, for [`give_up`].
pub(super) fn push(name: &str, argument: &[u8], begins: bool) -> Place {
    let entry = Entry {
        turn: TURN.get(),
        begins,
        lost: false,
        name: name.to_owned(),
        argument: argument.to_vec(),
    };
    LOG.with_borrow_mut(|log| {
        log.push(entry);
        Place(log.len() - 1)
    })
}

/// A call is given up by the function that made it. Within the turn in which it was made it is taken
/// back: nothing begins before the turn in which it was asked for is on disk, and by then nobody
/// waits for it.
pub(super) fn give_up(Place(index): Place) {
    LOG.with_borrow_mut(|log| {
        // A log that was taken in the meantime has no place any more for what is dropped late.
        if let Some(entry) = log.get_mut(index)
            && entry.turn == TURN.get()
        {
            entry.lost = true;
        }
    });
}

/// Ends the log and answers it. What happens within one turn is in two lists, in order each: effects
/// at once, and calls that begin (a machine shows them at the end of the turn).
pub(super) fn take() -> Vec<Entry> {
    set_turn(0);
    let mut log = LOG.take();
    log.retain(|entry| !entry.lost);
    log.sort_by_key(|entry| (entry.turn, entry.begins));
    log
}

/// Ends the log of a function that has panicked: what it asked for in that turn never began.
pub(super) fn take_before_panic() -> Vec<Entry> {
    let turn = TURN.get();
    let mut log = take();
    log.retain(|entry| !entry.begins || entry.turn < turn);
    log
}

/// Ends the log and answers it in the order in which everything happened.
pub(super) fn take_as_it_came() -> Vec<Entry> {
    set_turn(0);
    LOG.take()
}

/// The log so far.
pub(super) fn so_far() -> Vec<Entry> {
    LOG.with_borrow(Clone::clone)
}

/// Goes back to an earlier log.
pub(super) fn rewind(log: Vec<Entry>) {
    LOG.set(log);
}
