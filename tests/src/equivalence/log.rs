//! What a function did to the outside world, in order.

use durable_runtime::codec;
use serde::Serialize;
use std::cell::RefCell;

/// One call: its name and its encoded argument.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    name: String,
    argument: Vec<u8>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match codec::to_json(&self.argument) {
            Ok(json) => write!(f, "{}({json})", self.name),
            Err(_) => write!(f, "{}({:02x?})", self.name, self.argument),
        }
    }
}

thread_local! {
    static LOG: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// Encodes a value that a test knows to be encodable.
///
/// # Panics
/// When it is not.
pub fn encoded<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    codec::encode(value).expect("a test's value can be encoded")
}

pub(super) fn push(name: &str, argument: &[u8]) {
    let entry = Entry {
        name: name.to_owned(),
        argument: argument.to_vec(),
    };
    LOG.with_borrow_mut(|log| log.push(entry));
}

/// Ends the log and answers it.
pub(super) fn take() -> Vec<Entry> {
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
