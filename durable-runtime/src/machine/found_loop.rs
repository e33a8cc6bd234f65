//! Loops over what a [lookup](super::lookup) has found: a position in it, if that is a borrow, or the
//! items that are left, if it is a value. Not public API.
//!
//! ```text
//! let (first, rest) = order.lines.split_first()?;
//! for line in rest { send(line).await; }        saved: order, line.at
//! ```
//!
//! Both are the same tokens. The twin lends the type of what is looped over to a [`FoundLoop`], and
//! method lookup on that gives either [`LendsItems`] or [`GivesItems`], which have the same methods.

use super::lent::{Lent, Steady};
use super::lookup::{Method, Operand, Place, place};
use super::source::{Loop, Looped, cursor, start};
use super::support::{Ty, of};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A loop over an `R`, of which a call of method `M` on an `O` with an operand `A` is the origin.
pub struct FoundLoop<M, O: ?Sized, A, R>(PhantomData<fn() -> M>, Place<O>, Ty<A>, Ty<R>);

/// It goes over a borrow, which is made again.
pub struct LendsItems<A, R, P>(Ty<A>, Ty<R>, Ty<P>);

/// It goes over a value, and what is left of that is saved.
pub struct GivesItems<A, R, C>(PhantomData<fn() -> A>, Looped<R, C>);

macro_rules! tokens {
    ($([$($generics:tt)*] $name:ty;)*) => {$(
        impl<$($generics)*> Clone for $name {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<$($generics)*> Copy for $name {}
        impl<$($generics)*> std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(std::any::type_name::<Self>())
            }
        }
    )*};
}

tokens! {
    [M, O: ?Sized, A, R] FoundLoop<M, O, A, R>;
    [A, R, P] LendsItems<A, R, P>;
    [A, R, C] GivesItems<A, R, C>;
}

/// The loop, by its types.
#[must_use]
pub fn found_loop<M, O: ?Sized, A, R>(
    _: M,
    place: Place<O>,
    operand: Ty<A>,
    over: Ty<R>,
) -> FoundLoop<M, O, A, R> {
    FoundLoop(PhantomData, place, operand, over)
}

/// Asked first: it goes over a shared borrow of something steady.
pub trait LoopsLent {
    /// The operand of the call.
    type Operand;
    /// What it goes over.
    type Over;
    /// Where it is in that.
    type At;
    /// Which of the two it is.
    fn class(self) -> LendsItems<Self::Operand, Self::Over, Self::At>;
}

impl<'a, M, O, A, S, I, P> LoopsLent for &FoundLoop<M, O, A, &'a S>
where
    O: Method<M> + ?Sized,
    A: Operand,
    S: Steady + ?Sized,
    &'a S: IntoIterator<IntoIter = I>,
    I: Lent<At = P>,
{
    type Operand = A;
    type Over = &'a S;
    type At = P;
    fn class(self) -> LendsItems<A, &'a S, P> {
        LendsItems(of(), of(), of())
    }
}

/// Asked next: all else is a value.
pub trait LoopsOwned {
    /// The operand of the call.
    type Operand;
    /// What it goes over.
    type Over;
    /// Which of the two it is.
    fn class<C>(self) -> GivesItems<Self::Operand, Self::Over, C>
    where
        Self::Over: Loop<C>;
}

impl<M, O: ?Sized, A, R> LoopsOwned for &&FoundLoop<M, O, A, R> {
    type Operand = A;
    type Over = R;
    fn class<C>(self) -> GivesItems<A, R, C>
    where
        R: Loop<C>,
    {
        GivesItems(PhantomData, R::looped())
    }
}

/// What a loop goes over, and where it is in that.
#[derive(Debug)]
pub struct Over<R, P> {
    over: R,
    at: P,
}

/// What is saved of it: what is looked up with, and the position.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptOver<K, P> {
    with: K,
    at: P,
}

impl<A, R, I, P> LendsItems<A, R, P>
where
    A: Operand,
    R: IntoIterator<Item = I::Item, IntoIter = I> + Copy,
    I: Lent<At = P>,
    P: Default,
{
    /// The type of the rest of the loop.
    #[must_use]
    pub fn rest(self) -> Ty<Over<R, P>> {
        of()
    }
    /// The same, as what items are found in.
    #[must_use]
    pub fn place(self) -> Place<Over<R, P>> {
        place()
    }
    /// What is saved.
    #[must_use]
    pub fn kept(self) -> Ty<KeptOver<A::Kept, P>> {
        of()
    }
    /// Keeps the operand of the call, where the loop begins.
    pub fn hold(self, found: &Option<A::Kept>) -> Option<KeptOver<A::Kept, P>> {
        let with = found.as_ref().map(A::copy)?;
        let at = P::default();
        Some(KeptOver { with, at })
    }
    /// The rest of the loop, where it begins.
    #[must_use]
    pub fn begin(self, over: R) -> Over<R, P> {
        let at = P::default();
        Over { over, at }
    }
    /// It is not saved.
    #[must_use]
    pub fn value(self, _: &mut Option<KeptOver<A::Kept, P>>) -> Option<Over<R, P>> {
        None
    }
    /// The operand, once more.
    ///
    /// # Panics
    /// When it was not kept: a bug in the macro.
    pub fn operand(self, kept: &Option<KeptOver<A::Kept, P>>) -> A::Again<'_> {
        let kept = kept.as_ref();
        A::again(&kept.expect("the operand of a live borrow is kept").with)
    }
    /// The rest of the loop, made again.
    ///
    /// # Panics
    /// When its position was not kept: a bug in the macro.
    pub fn again(self, kept: &mut Option<KeptOver<A::Kept, P>>, over: R) -> Over<R, P> {
        let kept = kept.as_mut().expect("the position of a live loop is kept");
        let at = std::mem::take(&mut kept.at);
        Over { over, at }
    }
    /// The next item.
    pub fn pull(self, rest: &mut Over<R, P>) -> Option<I::Item> {
        rest.over.into_iter().pull(&mut rest.at)
    }
    /// The item at which the loop is.
    ///
    /// # Panics
    /// When there is none: a bug in the macro, since the loop had this item and has borrowed it since.
    pub fn current(self, rest: &Over<R, P>) -> I::Item {
        let item = rest.over.into_iter().current(&rest.at);
        item.expect("what a loop goes over does not change")
    }
    /// What is saved of the rest of the loop.
    ///
    /// # Panics
    /// When the operand was not kept: a bug in the macro.
    pub fn put(self, kept: Option<KeptOver<A::Kept, P>>, rest: Over<R, P>) -> KeptOver<A::Kept, P> {
        let with = kept.expect("the operand of a live borrow is kept").with;
        let at = rest.at;
        KeptOver { with, at }
    }
}

impl<A, R, C: Iterator> GivesItems<A, R, C> {
    /// The type of the rest of the loop.
    #[must_use]
    pub fn rest(self) -> Ty<C> {
        cursor(self.1)
    }
    /// The same, as what items are found in.
    #[must_use]
    pub fn place(self) -> Place<C> {
        place()
    }
    /// What is saved.
    #[must_use]
    pub fn kept(self) -> Ty<C> {
        of()
    }
    /// The operand of the call is not needed.
    #[must_use]
    pub fn hold<H>(self, _: &Option<H>) -> Option<C> {
        None
    }
    /// The rest of the loop, where it begins.
    pub fn begin(self, over: R) -> C {
        start(self.1, over)
    }
    /// It was saved.
    pub fn value(self, kept: &mut Option<C>) -> Option<C> {
        kept.take()
    }
    /// Never asked for.
    ///
    /// # Panics
    /// Always: the rest is there, so the method is not called again.
    #[must_use]
    pub fn operand(self, _: &Option<C>) -> A {
        unreachable!("a value is not made again")
    }
    /// Never asked for.
    ///
    /// # Panics
    /// Always: the rest is there.
    #[must_use]
    pub fn again(self, _: &mut Option<C>, _: R) -> C {
        unreachable!("a value is not made again")
    }
    /// The next item.
    pub fn pull(self, rest: &mut C) -> Option<C::Item> {
        rest.next()
    }
    /// Never asked for.
    ///
    /// # Panics
    /// Always: an item that is a value is saved.
    #[must_use]
    pub fn current(self, _: &C) -> C::Item {
        unreachable!("a value is not made again")
    }
    /// What is saved of the rest of the loop.
    pub fn put(self, _: Option<C>, rest: C) -> C {
        rest
    }
}
