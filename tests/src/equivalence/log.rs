//! What a function did to the outside world, in order.

use durable_runtime::codec;
use serde::Serialize;
use std::cell::{Cell, RefCell};

/// One call: its name and its encoded argument.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// How often the function had gone on when it made the call.
    turn: usize,
    /// It waits for an answer.
    begins: bool,
    name: String,
    argument: Vec<u8>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match codec::to_json(&self.argument) {
            Ok(json) => write!(f, "{}: {}({json})", self.turn, self.name),
            Err(_) => write!(f, "{}: {}({:02x?})", self.turn, self.name, self.argument),
        }
    }
}

thread_local! {
    static LOG: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
    static TURN: Cell<usize> = const { Cell::new(0) };
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
    codec::encode(value).expect("a test's value can be encoded")
}

pub(super) fn push(name: &str, argument: &[u8], begins: bool) {
    let entry = Entry {
        turn: TURN.get(),
        begins,
        name: name.to_owned(),
        argument: argument.to_vec(),
    };
    LOG.with_borrow_mut(|log| log.push(entry));
}

/// Ends the log and answers it. What happens within one turn is in two lists, in order each: effects
/// at once, and calls that begin (a machine shows them at the end of the turn).
pub(super) fn take() -> Vec<Entry> {
    set_turn(0);
    let mut log = LOG.take();
    log.sort_by_key(|entry| (entry.turn, entry.begins));
    log
}

/// The log so far.
pub(super) fn so_far() -> Vec<Entry> {
    LOG.with_borrow(Clone::clone)
}

/// Goes back to an earlier log.
pub(super) fn rewind(log: Vec<Entry>) {
    LOG.set(log);
}
