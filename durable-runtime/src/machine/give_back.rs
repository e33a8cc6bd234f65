//! What an awaited function gives back of what it was lent by `&mut`: proofs, and the way from the
//! answer to the caller's places. Not public API.
//!
//! ```text
//! the callee:  F: LentAt<0, Value = State>         parameter 0 is a `&mut State`
//!              F: GivenBack<(PlaceAgain, _)>       so its place must be one that is made again
//! the caller:  let answer = cx.complete(op);
//!              lender::<0>(op).back(cx, &mut state)  nothing, if `op` is any other operation
//! ```

use super::Durable;
use super::cx::{Cx, Finished};
use super::saved::{Answers, Awaitable, Awaits, Data};
use crate::codec;
use crate::operation::lent::{LentCall, LentPlace, Place, Returned, address, open};
use crate::registry::Defined;
use std::marker::PhantomData;

/// An argument that is a place, which the caller makes again after the await.
#[derive(Debug)]
pub struct PlaceAgain;

/// The same in a branch that may be given up, while the place is needed after.
#[derive(Debug)]
pub struct PlaceLost;

/// Any other argument.
#[derive(Debug)]
pub struct OtherArgument;

/// What is lent by `&mut` must be found again.
#[diagnostic::on_unimplemented(
    message = "this call changes what it is lent by `&mut`, and that cannot be found again after the `.await`",
    label = "what it gives back would have no place to go to",
    note = "write the place as the argument, a variable with fields and indices: `collect(&mut state.items[i]).await`; or pass on a `&mut` that is a parameter, or bound by `let` without `mut`",
    note = "code: durable D20"
)]
pub trait PlaceIsKnown {}
impl PlaceIsKnown for PlaceAgain {}
impl PlaceIsKnown for PlaceLost {}

/// What is lent by `&mut` must not be half changed.
#[diagnostic::on_unimplemented(
    message = "this call changes what it is lent by `&mut` when it returns, and this block may be given up before",
    label = "what it has changed by then would be lost, though its variable stays",
    note = "let the block have a value of its own: an `async move` block that gives its copy as its output; or await the call outside of `select!`, `try_join!` and `timeout`",
    note = "code: durable D20"
)]
pub trait PlaceIsKept {}
impl PlaceIsKept for PlaceAgain {}
impl PlaceIsKept for OtherArgument {}

/// What is behind a `&mut` that is an argument, by method lookup.
pub trait UniqueAgain {
    /// It once more.
    fn durable_again(&mut self) -> &mut Self {
        self
    }
}

impl<T: ?Sized> UniqueAgain for T {}

/// The same behind a `&`.
pub trait SharedAgain {
    /// It once more.
    fn durable_again(&self) -> &Self {
        self
    }
}

impl<T: ?Sized> SharedAgain for T {}

/// The parameter with this number is a `&mut`.
pub trait LentAt<const N: usize> {
    /// What it leads to.
    type Value;
    /// The proof that this is data.
    fn data() -> Data<Self::Value>;
}

/// What a function changes can be written back: for each `&mut` parameter the arguments `L` have a
/// [`PlaceAgain`] in its place.
#[diagnostic::on_unimplemented(
    message = "this call changes what it is lent by `&mut`, and it is not awaited where it is made",
    label = "what it gives back would have no place to go to",
    note = "write the call, with the place as its argument, and the `.await` together: `collect(&mut state).await`; as a branch of `join!`, put that into an `async` block",
    note = "code: durable D20"
)]
pub trait GivenBack<L> {}

#[diagnostic::do_not_recommend]
// Whether it is awaited where it is made is asked beside this, in words of its own.
impl<R: Durable, F: Defined> Awaitable<R> for LentCall<'_, R, F> {
    fn awaits() -> Awaits<Self, R> {
        Awaits {
            begin: Self::begin,
            complete: Self::complete,
            open,
            lent: Self::places,
            inlines: || Some(F::DEF),
        }
    }
}

/// What an operation gives back of the argument with this number; by method lookup, so that any
/// operation has an answer.
#[derive(Debug)]
pub struct Lender<O, const N: usize>(PhantomData<fn() -> O>);

/// The lender of an operation.
#[must_use]
pub fn lender<const N: usize, O, T>(_: Answers<O, T>) -> Lender<O, N> {
    Lender(PhantomData)
}

/// The answer for a parameter that is a `&mut`.
pub trait BackToPlace {
    /// What the place holds.
    type Value;
    /// Checks that it is the place that the function was lent. A function of the user's around the
    /// call could have changed their order, which no type shows.
    fn is_at(&self, cx: &Cx, place: &mut Self::Value);
    /// Writes the value to its place.
    fn back(&self, cx: &Cx, place: &mut Self::Value);
}

impl<R, F: LentAt<N>, const N: usize> BackToPlace for Lender<LentCall<'_, R, F>, N> {
    type Value = F::Value;

    fn is_at(&self, cx: &Cx, place: &mut F::Value) {
        let place = address(place);
        let param = N;
        let lent = cx.node().lock().lent.contains(&LentPlace { param, place });
        if !lent {
            let error = codec::Error::custom(
                "another place was lent than the one in the argument: call the function itself, not one that calls it",
            );
            cx.unwind("what the awaited function is lent", &error);
        }
    }

    fn back(&self, cx: &Cx, place: &mut F::Value) {
        *place = cx.given_back(N, F::data());
    }
}

/// The answer for a function that gives back.
pub trait AwaitedInPlace {
    /// Its definition.
    type Function;
    /// Proves that what it gives back goes to the arguments `L`.
    fn in_place<L>(&self)
    where
        Self::Function: GivenBack<L>,
    {
    }
    /// The same where no place is known.
    fn elsewhere(&self)
    where
        Self::Function: GivenBack<()>,
    {
    }
}

impl<R, F, T> AwaitedInPlace for Answers<LentCall<'_, R, F>, T> {
    type Function = F;
}

/// The answer for all other operations.
pub trait AwaitedAnywhere {
    /// Nothing.
    fn in_place<L>(&self) {}
    /// Nothing.
    fn elsewhere(&self) {}
}

impl<O, T> AwaitedAnywhere for &Answers<O, T> {}

/// The answer for everything else.
pub trait NothingBack {
    /// Nothing.
    fn is_at<P>(&self, _: &Cx, _: P) {}
    /// Nothing.
    fn back<P>(&self, _: &Cx, _: P) {}
}

impl<O, const N: usize> NothingBack for &Lender<O, N> {}

/// What a function gives whose parameters are lent by `&mut`.
#[must_use]
pub fn gives(finished: Finished) -> Giving {
    Giving {
        failed: finished.failed,
        returned: finished.output.map(|output| Returned {
            output,
            places: Vec::new(),
        }),
    }
}

/// Collects the last values of parameters.
#[derive(Debug)]
pub struct Giving {
    failed: bool,
    returned: Result<Returned, codec::Error>,
}

impl Giving {
    /// Adds the value of the parameter with this number.
    #[must_use]
    pub fn place<T>(mut self, param: usize, data: Data<T>, value: &T) -> Self {
        self.returned = self.returned.and_then(|mut returned| {
            let value = data.encode(value)?;
            returned.places.push(Place { param, value });
            Ok(returned)
        });
        self
    }

    /// All of it.
    #[must_use]
    pub fn finished(self) -> Finished {
        Finished {
            output: self.returned.and_then(|all| codec::encode(&all)),
            failed: self.failed,
            retryable: true,
            next_delay: None,
        }
    }
}

impl Cx {
    /// The value that the parameter with this number had at last, out of the answer that was
    /// completed just now.
    ///
    /// # Panics
    /// When the function gave none back: a bug in the macro.
    fn given_back<T>(&self, param: usize, data: Data<T>) -> T {
        let mut node = self.node().lock();
        let at = node.given_back.iter().position(|p| p.param == param);
        let place = node
            .given_back
            .swap_remove(at.expect("each place is given back once"));
        drop(node);
        match data.decode(&place.value) {
            Ok(value) => value,
            Err(error) => self.unwind("what the awaited function gave back", &error),
        }
    }
}
