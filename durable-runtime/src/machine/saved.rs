//! Proofs that types are plain data, as values. Not public API.
//!
//! Each bound of the generated code is asked for once, where the user wrote the type or the
//! binding, and gives a small value; all else takes the value and has no bound. So a type that
//! cannot be stored is one error, at the right place.

use super::Durable;
use super::support::Ty;
use crate::codec::{self, Args, ArgsBuilder};
use crate::id::Timestamp;
use crate::machine::live::Inlines;
use crate::operation::lent::{LentPlace, Place};
use crate::operation::{Operation, Plan, Resolution};
use std::fmt;
use std::marker::PhantomData;
use std::panic::RefUnwindSafe;

/// Encodes and decodes values of one type.
pub struct Data<T> {
    encode: fn(&T) -> Result<Vec<u8>, codec::Error>,
    decode: fn(&[u8]) -> Result<T, codec::Error>,
    shape: fn() -> String,
}

/// The proof is for the type of this local.
pub fn is_data<T>(_: Ty<T>, _: Data<T>) {}

/// The same proof, for a type that borrows nothing.
// A comment beside the bound is all that rustc shows of ours when a borrow is in the way.
#[must_use]
#[rustfmt::skip]
pub fn owned<
    T: 'static, // durable D04: a borrow cannot be saved at an `.await`: clone what it borrows, or borrow again after it
>(data: Data<T>) -> Data<T> {
    data
}

/// The type of a parameter or of a result is plain data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored: it is not plain data",
    label = "inputs and results of workflows and activities are stored",
    note = "plain data is `Serialize`, `Deserialize` and `Send`, and borrows nothing: `#[derive(Serialize, Deserialize)]` on the type, with owned fields",
    note = "for an error of another crate use `durable_runtime::Error`, which keeps its message and its causes",
    note = "code: durable D03"
)]
pub trait Stored: Sized {
    /// The proof that the type is plain data.
    fn data() -> Data<Self>;
    /// The same, for a parameter.
    fn param() -> Param<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Durable> Stored for T {
    fn data() -> Data<T> {
        data()
    }

    fn param() -> Param<T> {
        Param {
            put: ArgsBuilder::arg::<T>,
            get: Args::get::<T>,
        }
    }
}

/// What a parameter that is a reference leads to: the function has a copy, so it must not change
/// behind the reference.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can change behind a shared reference, and an awaited function has a copy of what it is lent",
    label = "a change made here would be lost",
    note = "take the value itself and return it: `count = bump(count).await`",
    note = "code: durable D12"
)]
pub trait Lendable {
    /// The proof.
    fn may_be_lent() {}
}

// `Cell` and `RefCell` are not `Sync`; what is, and is built on `UnsafeCell` (locks of other crates),
// is not `RefUnwindSafe`. std's own locks and atomics are both, and cannot be told from data: the
// macro refuses them by name.
#[diagnostic::do_not_recommend]
impl<T: ?Sized + Sync + RefUnwindSafe> Lendable for T {}

/// [`Lendable`] as a bound of a type parameter: what is made of the parameter is lent, too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can change behind a shared reference, and an awaited function has a copy of what it is lent",
    label = "a change made to this would be lost",
    note = "take the value itself and return it: `count = bump(count).await`",
    note = "code: durable D12"
)]
pub trait Lend: Sync + RefUnwindSafe {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + Sync + RefUnwindSafe> Lend for T {}

/// Encodes and decodes a type that is plain data.
#[must_use]
pub fn data<T: Durable>() -> Data<T> {
    Data {
        encode: if cfg!(debug_assertions) {
            // Where serde cannot read back what it wrote, tests should find out, not a resume.
            codec::encode_checked::<T>
        } else {
            codec::encode::<T>
        },
        decode: codec::decode::<T>,
        shape: codec::shape::<T>,
    }
}

/// Data in a form of its own.
pub(super) fn rest_data<T>(
    encode: fn(&T) -> Result<Vec<u8>, codec::Error>,
    decode: fn(&[u8]) -> Result<T, codec::Error>,
    shape: fn() -> String,
) -> Data<T> {
    Data {
        encode,
        decode,
        shape,
    }
}

/// What a branch gives is plain data: it is kept while other branches run.
#[diagnostic::on_unimplemented(
    message = "this branch gives a `{Self}`, and that cannot be saved while the other branches run",
    label = "what this branch gives would have to be saved",
    note = "if it is your data: `#[derive(Serialize, Deserialize)]` on its type, with owned fields",
    note = "for an error of another crate use `durable_runtime::Error`, which keeps its message and its causes",
    note = "code: durable D03"
)]
pub trait BranchData: Sized {
    /// The proof.
    fn branch_data() -> Data<Self>;
}

#[diagnostic::do_not_recommend]
impl<T: Durable> BranchData for T {
    fn branch_data() -> Data<T> {
        data()
    }
}

impl<T> Data<T> {
    pub(super) fn encode(self, value: &T) -> Result<Vec<u8>, codec::Error> {
        (self.encode)(value)
    }

    pub(super) fn decode(self, bytes: &[u8]) -> Result<T, codec::Error> {
        (self.decode)(bytes)
    }

    pub(super) fn shape(self) -> String {
        (self.shape)()
    }

    /// Of a type that has been refused.
    pub(super) fn refused() -> Self {
        Self {
            encode: |_| Err(refused()),
            decode: |_| Err(refused()),
            shape: String::new,
        }
    }
}

fn refused() -> codec::Error {
    codec::Error::custom("what is no data is refused")
}

/// Puts one parameter into the arguments of a call, and gets it out again.
pub struct Param<T> {
    put: fn(ArgsBuilder, &'static str, &T) -> ArgsBuilder,
    get: fn(&mut Args, &'static str) -> Result<T, codec::Error>,
}

impl<T> Param<T> {
    /// Of a type that has been refused.
    pub(super) fn refused() -> Self {
        Self {
            put: |args, _, _| args,
            get: |_, _| Err(refused()),
        }
    }

    /// Adds the argument called `name`.
    #[must_use]
    pub fn put(self, args: ArgsBuilder, name: &'static str, value: &T) -> ArgsBuilder {
        (self.put)(args, name, value)
    }

    /// Decodes the argument called `name`.
    ///
    /// # Errors
    /// When it is missing or does not fit the type.
    pub fn get(self, args: &mut Args, name: &'static str) -> Result<T, codec::Error> {
        (self.get)(args, name)
    }
}

/// What an answer consists of; see [`give_back`](super::give_back).
pub(super) type Open = fn(Resolution) -> Result<(Resolution, Vec<Place>), codec::Error>;

/// Begins and completes the operations of one type.
pub struct Awaits<O, T> {
    pub(super) begin: fn(O, Timestamp) -> Result<Plan, codec::Error>,
    pub(super) complete: fn(Resolution) -> Result<T, codec::Error>,
    pub(super) open: Open,
    pub(super) lent: fn(&O) -> Vec<LentPlace>,
    pub(super) inlines: Inlines,
}

/// What is awaited is an operation. A trait of its own, so that a mistake shows these words and
/// not the list of all operations. The output is a parameter, since an associated type would be
/// asked for separately, and be a second error.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited in a workflow",
    label = "this `.await` could not be saved: what it awaits is not a durable operation",
    note = "a workflow waits for what can be stored, and awaited by another process: activities, `sleep`, other workflows, and those joined",
    note = "write `#[workflow]` on a function that awaits activities itself; move other async code (a request, a query, a file) into an `#[activity] async fn` and await that; for a timer of tokio write `durable_runtime::sleep`",
    note = "code: durable D14"
)]
pub trait Awaitable<T>: Sized {
    /// The proof that what is awaited is an operation, and gives a `T`.
    fn awaits() -> Awaits<Self, T>;
}

#[diagnostic::do_not_recommend]
impl<O: Operation> Awaitable<O::Output> for O {
    fn awaits() -> Awaits<O, O::Output> {
        Awaits {
            begin: O::begin,
            complete: O::complete,
            open: |answer| Ok((answer, Vec::new())),
            lent: |_| Vec::new(),
            inlines: O::inlines,
        }
    }
}

/// The same where what is awaited is `&mut`: only what was begun before can go on when another
/// branch wins.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be awaited in a workflow",
    label = "awaited through `&mut`, it would begin again each time",
    note = "to keep an operation running while something else is awaited, begin it with `spawn`: `let mut slow = spawn(…)`, then `&mut slow`",
    note = "other async code goes into an `#[activity] async fn`",
    note = "code: durable D14"
)]
pub trait AwaitableAgain<T>: Sized {
    /// The proof that what is awaited is an operation, and gives a `T`.
    fn awaits() -> Awaits<Self, T>;
}

#[diagnostic::do_not_recommend]
impl<O: Operation> AwaitableAgain<O::Output> for O {
    fn awaits() -> Awaits<O, O::Output> {
        <O as Awaitable<_>>::awaits()
    }
}

impl<O, T> Awaits<O, T> {
    /// The part that may be shared between places where the operation borrows different things.
    #[must_use]
    pub fn answers(self) -> Answers<O, T> {
        Answers {
            complete: self.complete,
            open: self.open,
            inlines: self.inlines,
            operation: PhantomData,
        }
    }
}

/// Completes the operations of one type. Covariant in it, so that the twin and the machine may
/// each lend the operation what is theirs.
pub struct Answers<O, T> {
    pub(super) complete: fn(Resolution) -> Result<T, codec::Error>,
    pub(super) open: Open,
    inlines: Inlines,
    operation: PhantomData<fn() -> O>,
}

impl<O, T> Answers<O, T> {
    /// Which function the operation runs inline.
    #[must_use]
    pub fn inlines(self) -> Inlines {
        self.inlines
    }
}

/// In the twin: what `.await` on an operation gives. Never runs, and is no future: rustc checks a
/// function without awaits much faster, and all types and borrows are the same.
///
/// # Panics
/// If it runs: a bug in the macro.
#[expect(
    clippy::must_use_candidate,
    reason = "as must-use as the user's own value"
)]
pub fn awaited<O, T>(_: Answers<O, T>, _: O) -> T {
    unreachable!("the twin of a workflow never runs")
}

macro_rules! plain_values {
    ($($name:ident<$($arg:ident),+>),+) => {$(
        impl<$($arg),+> Clone for $name<$($arg),+> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<$($arg),+> Copy for $name<$($arg),+> {}
        impl<$($arg),+> fmt::Debug for $name<$($arg),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(std::any::type_name::<Self>())
            }
        }
    )+};
}
plain_values!(Data<T>, Param<T>, Awaits<O, T>, Answers<O, T>);
