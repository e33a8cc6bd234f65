//! Small pieces that the expansion of `#[workflow]` is made of. Not public API.
//!
//! The never-run twin of a function lends the types of its locals to the machine through
//! [`Ty`] tokens: [`is`] and [`seen`] in the twin, [`none`] and the operations of
//! [`Cx`] in the machine.

pub use super::Durable;
pub use super::attempt::*;
pub use super::block::{block_call, detached, in_block, like, unchecked};
pub use super::borrow::{Remade, again, tie};
pub use super::branch::{TakenTwice, finished_branch, joined, never_value, step};
pub use super::captured::{
    CapturesBorrow, CapturesValue, HeldData, HeldNoData, MayBeCopied, MayNotBeCopied, MayNotBeLent,
    behind, captured, held_as,
};
pub use super::closure::{Again, Signed, Unchanging, held, signature};
pub use super::constants::{Constant, constant};
pub use super::copied::{CopyOverTheAwait, InPlace, KeptPart, NoCopy, PartOfABorrow};
pub use super::cx::Saver;
pub use super::found_loop::{
    FoundLoop, GivesItems, KeptOver, LendsItems, LoopsLent, LoopsOwned, Over, found_loop,
};
pub use super::give_back::{
    AwaitedAnywhere, AwaitedInPlace, BackToPlace, GivenBack, Lender, LentAt, NothingBack,
    OtherArgument, PlaceAgain, PlaceIsKept, PlaceIsKnown, PlaceLost, SharedAgain, UniqueAgain,
    gives, lender,
};
pub use super::kept::{Load, Save, Typed, care, keep, slot};
pub use super::lent::{
    Counted, Lent, Position, Steady, Walks, WalksNot, after, counted, lent, lent_in_order,
    position, steady, steady_value, walk,
};
pub use super::limit::{in_time, never, within};
pub use super::live::{Inlines, no_inline};
pub use super::lookup::{
    Gives, Lends, LooksUp, LooksUpValue, Lookup, Place, looked_up, lookup, method, place, receives,
};
pub use super::meaning::{JoinIsOurs, Meant, Ours, SelectIsOurs, TryJoinIsOurs};
pub use super::moved::{IsCopied, IsLentOn, IsMoved};
pub use super::number::{Number, number};
pub use super::owners::{
    Finally, Otherwise, Perhaps, Refused, Surely, Unclear, asked, owner, question, question_of,
};
pub use super::rest::{Rest, rest};
pub use super::saved::{
    Answers, Awaitable, AwaitableAgain, Awaits, BranchData, Data, Lend, Lendable, Param, Stored,
    awaited, data, is_data, owned,
};
pub use super::source::{Loop, Looped, Source, cursor, cursor_next, iterated, loops_over, start};
pub use super::values::{LentValues, Valued, lent_values, valued};
pub use super::{BranchEntry, Cx, Entry, Finished, Local, Origin, Point};
pub use crate::activity::{blocking, transactional};
pub use crate::codec::{Args, ArgsBuilder, Error as CodecError, decode, encode};
pub use crate::operation::{
    ActivityCall, ActivityOptions, ByName, CancellationType, Infallible, LentCall, Operation,
    Resolution, RetryPolicy, WorkflowCall, WorkflowOptions,
};
pub use crate::registry::{
    Activities, ActivityContext, AttemptEnd, AttemptFuture, Instance, InstanceType, instance,
    instance_type,
};
pub use crate::transaction::Transaction;
use std::marker::PhantomData;

/// The type of one local or of one operation, known to rustc alone.
pub struct Ty<T>(PhantomData<fn() -> T>);

impl<T> Clone for Ty<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Ty<T> {}
impl<T> std::fmt::Debug for Ty<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<T>())
    }
}

/// A type to be found out.
#[must_use]
pub fn of<T>() -> Ty<T> {
    Ty(PhantomData)
}

/// In the twin: the token has the type of this local.
pub fn is<T>(_: Ty<T>, _: &T) {}

/// In the twin: the token has the type that this expression is coerced to.
pub fn seen<T>(_: Ty<T>, value: T) -> T {
    value
}

/// In the twin: the place is borrowed, and so cannot change, while the value is computed.
pub fn beside<P: ?Sized, T>(_: &P, value: T) -> T {
    value
}

/// An empty slot for the local of this type.
#[must_use]
pub fn none<T>(_: Ty<T>) -> Option<T> {
    None
}

/// Takes a live local out of its slot.
///
/// # Panics
/// When the slot is empty: a bug in the macro, since a live local is initialised.
pub fn take<T>(slot: &mut Option<T>) -> T {
    slot.take().expect("a live local is initialised")
}

/// A `select!` without `else` of which no branch is left, as in Tokio.
///
/// # Panics
/// Always.
#[cold]
#[track_caller]
pub fn no_branch() -> ! {
    panic!("all branches are disabled and there is no else branch")
}

/// Where the machine goes next: the number of an arm.
#[derive(Clone, Copy, Debug)]
pub struct Goto(pub u32);

/// Whether a return value is an `Err`; by method lookup, so that any type has an answer.
#[derive(Debug)]
pub struct Outcome<'a, T>(pub &'a T);

/// The answer for `Result`.
pub trait FailedResult {
    /// True for `Err`.
    fn failed(&self) -> bool;
}
impl<T, E> FailedResult for Outcome<'_, Result<T, E>> {
    fn failed(&self) -> bool {
        self.0.is_err()
    }
}

/// The answer for everything else.
pub trait FailedOther {
    /// False.
    fn failed(&self) -> bool;
}
impl<T> FailedOther for &Outcome<'_, T> {
    fn failed(&self) -> bool {
        false
    }
}

/// What a machine gives when the function has returned.
pub fn finished<T>(data: Data<T>, output: &T, failed: bool) -> Finished {
    Finished {
        output: data.encode(output),
        failed,
        retryable: true,
        next_delay: None,
    }
}

/// What a function returns whose end is reached: `()`. That its return type is that is checked in
/// the twin.
///
/// # Panics
/// When it is another type: a bug in the macro.
#[must_use]
pub fn end<T: 'static>() -> T {
    let unit: Box<dyn std::any::Any> = Box::new(());
    match unit.downcast() {
        Ok(unit) => *unit,
        Err(_) => unreachable!("rustc has checked the return type in the twin"),
    }
}
