//! `timeout` over an `async` block: the block is one branch, and its limit the other.
//!
//! The limit is `timeout(d, never())`, so that it behaves in all as that of an operation: it holds
//! on, for the same instant, where a cancellation reaches what it limits.

use crate::codec;
use crate::id::Timestamp;
use crate::operation::{Elapsed, Operation, Plan, Resolution};

/// An operation that never ends; made by [`never`].
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Never;

/// In the place of a block in the call of `timeout`.
pub fn never() -> Never {
    Never
}

#[diagnostic::do_not_recommend]
impl Operation for Never {
    type Output = ();

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        // The first of none.
        Ok(Plan::Race(Vec::new()))
    }

    fn complete(resolution: Resolution) -> Result<(), codec::Error> {
        Err(codec::Error::custom(format_args!(
            "what never ends cannot end with {resolution:?}"
        )))
    }
}

/// In the twin: what a block with a limit gives. Never runs.
#[expect(clippy::missing_errors_doc, reason = "it never runs")]
pub fn in_time<T>(_: Result<(), Elapsed>, output: T) -> Result<T, Elapsed> {
    Ok(output)
}

/// What a block gave, if it came to its end before its limit.
///
/// # Errors
/// When it did not.
pub fn within<T>(output: Option<T>) -> Result<T, Elapsed> {
    output.ok_or(Elapsed)
}
