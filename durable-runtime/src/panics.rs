//! Panics as text: those of an application's code end nothing of the engine, and those of the engine
//! end no more of it than they must.

use crate::machine::panic_message;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Calls it; a panic becomes its message.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let called = catch_unwind(AssertUnwindSafe(call));
    called.map_err(|panic| panic_message(&*panic))
}

/// Polls a future; a panic becomes its message.
pub(crate) async fn unwinding<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = pin!(future);
    poll_fn(|cx| match caught(|| future.as_mut().poll(cx)) {
        Ok(poll) => poll.map(Ok),
        Err(message) => Poll::Ready(Err(message)),
    })
    .await
}
