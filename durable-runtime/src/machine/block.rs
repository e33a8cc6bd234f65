//! `async` blocks that run by themselves: each is a function inside the workflow's own, called with
//! what it takes along, and found again by its name. Not public API.

use super::cx::{Cx, Finished};
use super::support::Ty;
use crate::codec;
use crate::operation::{InBlock, WorkflowCall};
use crate::registry::WorkflowDef;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::pin;
use std::task::Poll;

/// The type of a variable, with what that borrows.
#[must_use]
pub fn like<C>(_: &C) -> PhantomData<C> {
    PhantomData
}

/// In the twin: the call of a block, which lives as long as what it takes along.
///
/// # Panics
/// If it runs: a bug in the macro.
pub fn detached<'a, L: 'a, R, F>(
    _: Ty<R>,
    _: Ty<F>,
    _: L,
    _: impl FnOnce() -> R,
) -> WorkflowCall<R, InBlock<'a, F>> {
    unreachable!("the twin of a workflow never runs")
}

/// The call of a block, which is found as `F` says.
pub fn block_call<'a, R, F>(
    _: Ty<R>,
    _: Ty<F>,
    def: &'static WorkflowDef,
    input: Result<Vec<u8>, codec::Error>,
) -> WorkflowCall<R, InBlock<'a, F>> {
    WorkflowCall::new(def, input)
}

/// The machine of a function that was entered in a block: it ends when the block does.
pub async fn in_block<R>(cx: Cx, machine: impl Future<Output = R>) -> Finished {
    let mut machine = pin!(machine);
    poll_fn(|context| {
        let _ = machine.as_mut().poll(context);
        let given = cx.node().lock().given.take();
        given.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// What a block takes along comes from its own function: there is nothing to check.
///
/// # Errors
/// None.
pub fn unchecked(_: &[u8]) -> Result<(), codec::Error> {
    Ok(())
}

impl Cx {
    /// The block has ended.
    pub fn block_gives(&self, finished: Finished) {
        self.node().lock().given = Some(finished);
    }
}
