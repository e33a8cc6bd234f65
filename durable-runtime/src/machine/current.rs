//! The machine whose code runs on this thread: what spawned operations belong to.

use super::cx::Cx;
use super::live::Live;
use crate::codec;
use crate::id::{RunId, Timestamp};
use crate::operation::Plan;
use crate::store::{Attribute, ReplyStage};
use serde::Serialize;
use std::cell::RefCell;

thread_local! {
    static CURRENT: RefCell<Option<Cx>> = const { RefCell::new(None) };
}

/// Puts back the machine that ran before, also when the code panics.
struct Before(Option<Cx>);

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Lets code of this machine run.
pub(super) fn with<R>(cx: &Cx, run: impl FnOnce() -> R) -> R {
    let _before = Before(CURRENT.replace(Some(cx.clone())));
    run()
}

fn current() -> Cx {
    CURRENT.with_borrow(Clone::clone).expect(
        "operations are spawned, their handles used, values published, attributes and memos set \
             and updates answered in the code of a workflow only",
    )
}

/// Begins an operation beside the workflow's own; its number.
pub(crate) fn spawn(begin: impl FnOnce(Timestamp) -> Result<Plan, codec::Error>) -> u64 {
    let cx = current();
    let op = cx.next_op();
    match begin(cx.now()).and_then(|plan| Live::begin(&cx, plan)) {
        Ok(live) => cx.add_spawned(op, live),
        Err(error) => cx.block(Some("a spawned operation"), &error),
    }
    op
}

/// Cancels operations.
pub(crate) fn abort(ops: &[u64]) {
    let cx = current();
    for &op in ops {
        cx.cancel_spawned(op);
    }
}

/// The clock of the turn.
pub(crate) fn now() -> Timestamp {
    current().now()
}

/// The clock of the turn, if the code of a workflow runs here.
pub(crate) fn time() -> Option<Timestamp> {
    CURRENT.with_borrow(|current| current.as_ref().map(Cx::now))
}

/// Sets a published value.
pub(crate) fn publish<T: Serialize>(name: &str, value: &T) {
    current().publish(name, value);
}

/// Sets or removes a search attribute of the run.
pub(crate) fn set_attribute(key: &str, value: Option<Attribute>) {
    current().set_attribute(key, value);
}

/// Sets or removes a value of the run's memo.
pub(crate) fn set_memo<T: Serialize>(name: &str, value: Option<&T>) {
    current().set_memo(name, value);
}

/// Answers a message that this run has taken.
pub(crate) fn reply<T: Serialize>(run: RunId, msg: &str, stage: ReplyStage, value: &T) {
    current().reply(run, msg, stage, value);
}

/// Whether the operation has ended and not been joined.
pub(crate) fn has_ended(op: u64) -> bool {
    current().has_ended(op)
}

/// Whether the operation has not been joined.
pub(crate) fn knows(op: u64) -> bool {
    current().knows(op)
}
