//! Methods that may lend what they find: whether the result is made again or saved is decided by
//! its type and by that of the receiver, which only rustc knows. Not public API.
//!
//! ```text
//! let first = order.items.first();      a `Vec` lends: saved is nothing, `first` is made again
//! let price = catalog.get("pen");       a user's type: `price` is saved, whatever it is
//! ```
//!
//! Both are the same tokens. The twin lends the types to a [`Lookup`], and method lookup on that
//! gives either [`Lends`] or [`Gives`], which have the same methods.

use super::Durable;
use super::borrow::Remade;
use super::captured::{KeptAs, TakenBorrow};
use super::constants::Constant;
use super::found_loop::Over;
use super::support::{Ty, of};
use serde::{Deserialize, Serialize};
use std::borrow::{Borrow, Cow};
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// The type of a receiver, known to rustc alone.
pub struct Place<O: ?Sized>(PhantomData<fn() -> Box<O>>);

/// A call of method `M` on an `O` with an operand `A`, of which a binding has an `R`.
pub struct Lookup<M, O: ?Sized, A, R>(PhantomData<fn() -> M>, Place<O>, Ty<A>, Ty<R>);

/// The binding is a borrow: it is made again with the operand, which is saved.
pub struct Lends<A, R>(PhantomData<fn() -> (A, R)>);

/// The binding is a value, and saved.
pub struct Gives<A, R>(PhantomData<fn() -> (A, R)>);

macro_rules! tokens {
    ($($name:ident [$($arg:ident $(: $size:tt $sized:ident)?),*])+) => {$(
        impl<$($arg $(: $size $sized)?),*> Clone for $name<$($arg),*> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<$($arg $(: $size $sized)?),*> Copy for $name<$($arg),*> {}
        impl<$($arg $(: $size $sized)?),*> std::fmt::Debug for $name<$($arg),*> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(std::any::type_name::<Self>())
            }
        }
    )+};
}
tokens! { Place[O: ?Sized] Lookup[M, O: ?Sized, A, R] Lends[A, R] Gives[A, R] }

/// A type of receiver to be found out.
#[must_use]
pub fn place<O: ?Sized>() -> Place<O> {
    Place(PhantomData)
}

/// In the twin: the token has the type of this place.
pub fn receives<O: ?Sized>(_: Place<O>, _: &O) {}

/// A call, by its types.
#[must_use]
pub fn lookup<M, O: ?Sized, A, R>(
    _: M,
    place: Place<O>,
    operand: Ty<A>,
    _: Ty<R>,
) -> Lookup<M, O, A, R> {
    Lookup(PhantomData, place, operand, of())
}

/// In the twin: a call, and what it gives.
#[must_use]
pub fn looked_up<M, O: ?Sized, A, R>(
    _: M,
    place: Place<O>,
    operand: Ty<A>,
    _: &R,
) -> Lookup<M, O, A, R> {
    Lookup(PhantomData, place, operand, of())
}

/// What the bindings of a lookup are, asked first: borrows of what they were found in.
pub trait LooksUp {
    /// The operand.
    type Operand;
    /// The binding.
    type Found;
    /// Which of the two it is.
    fn class(self) -> Lends<Self::Operand, Self::Found>;
    /// In the twin: the borrow holds this variable as long as it lives.
    fn tied<'a, K: ?Sized>(self, found: Self::Found, held: &'a K) -> Self::Found
    where
        Self::Found: Remade<'a>;
}

impl<M, O: Method<M> + ?Sized, A: Operand, R: Shape> LooksUp for &Lookup<M, O, A, R> {
    type Operand = A;
    type Found = R;
    fn class(self) -> Lends<A, R> {
        Lends(PhantomData)
    }
    fn tied<'a, K: ?Sized>(self, found: R, _: &'a K) -> R
    where
        R: Remade<'a>,
    {
        found
    }
}

/// The same, asked next: all else is a value.
pub trait LooksUpValue {
    /// The operand.
    type Operand;
    /// The binding.
    type Found;
    /// Which of the two it is.
    fn class(self) -> Gives<Self::Operand, Self::Found>;
    /// In the twin: a value holds nothing.
    fn tied<K: ?Sized>(self, found: Self::Found, held: &K) -> Self::Found;
}

impl<M, O: ?Sized, A, R> LooksUpValue for &&Lookup<M, O, A, R> {
    type Operand = A;
    type Found = R;
    fn class(self) -> Gives<A, R> {
        Gives(PhantomData)
    }
    fn tied<K: ?Sized>(self, found: R, _: &K) -> R {
        found
    }
}

impl<A: Operand, R> Lends<A, R> {
    /// What is saved.
    #[must_use]
    pub fn kept(self) -> Ty<A::Kept> {
        of()
    }
    /// Keeps the operand, where the borrow is made first.
    pub fn hold(self, operand: &A) -> Option<A::Kept> {
        Some(operand.keep())
    }
    /// There is none.
    #[must_use]
    pub fn value(self, _: &mut Option<A::Kept>) -> Option<R> {
        None
    }
    /// The operand, once more.
    ///
    /// # Panics
    /// When it was not kept: a bug in the macro.
    pub fn operand(self, kept: &Option<A::Kept>) -> A::Again<'_> {
        A::again(kept.as_ref().expect("the operand of a live borrow is kept"))
    }
    /// What is saved of a binding.
    ///
    /// # Panics
    /// When the operand was not kept: a bug in the macro.
    pub fn put(self, kept: Option<A::Kept>, _: R) -> A::Kept {
        kept.expect("the operand of a live borrow is kept")
    }
}

impl<A, R> Gives<A, R> {
    /// What is saved.
    #[must_use]
    pub fn kept(self) -> Ty<R> {
        of()
    }
    /// Nothing is made again.
    #[must_use]
    pub fn hold(self, _: &A) -> Option<R> {
        None
    }
    /// The value.
    pub fn value(self, kept: &mut Option<R>) -> Option<R> {
        kept.take()
    }
    /// Never asked for.
    ///
    /// # Panics
    /// Always: a value is there, so the method is not called again.
    #[must_use]
    pub fn operand(self, _: &Option<R>) -> A {
        unreachable!("a value is not made again")
    }
    /// What is saved of a binding.
    pub fn put(self, _: Option<R>, value: R) -> R {
        value
    }
}

/// The shapes of borrows. Asked before whether it is data, since that question does not look at
/// lifetimes.
pub trait Shape: sealed::Shape {}

/// An operand that a borrow can be made again with.
pub trait Operand: sealed::Operand {
    /// What is saved of it.
    type Kept: Durable;
    /// It, made of that.
    type Again<'k>;
    /// Saves it.
    fn keep(&self) -> Self::Kept;
    /// Makes it again.
    fn again(kept: &Self::Kept) -> Self::Again<'_>;
    /// Saves it once more.
    fn copy(kept: &Self::Kept) -> Self::Kept;
}

/// A type of std whose own method `M` borrows and does nothing else.
pub trait Method<M>: sealed::Method<M> {}

mod sealed {
    pub trait Shape {}
    pub trait Operand {}
    pub trait Method<M> {}
}

macro_rules! shapes {
    ($([$($generics:tt)*] $shape:ty;)*) => {$(
        impl<$($generics)*> sealed::Shape for $shape {}
        impl<$($generics)*> Shape for $shape {}
    )*};
}

shapes! {
    [T: ?Sized] &T;
    [T: ?Sized] &mut T;
    [T: Shape] Option<T>;
    [T: Shape, E: Shape] Result<T, E>;
    [A: Shape, B: Shape] (A, B);
}

/// No operand.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Nothing;

impl sealed::Operand for () {}
impl Operand for () {
    type Kept = Nothing;
    type Again<'k> = ();
    fn keep(&self) -> Nothing {
        Nothing
    }
    fn again(_: &Nothing) {}
    fn copy(_: &Nothing) -> Nothing {
        Nothing
    }
}

impl<Q: ToOwned<Owned: Durable> + ?Sized> sealed::Operand for &Q {}
impl<Q: ToOwned<Owned: Durable> + ?Sized + 'static> Operand for &Q {
    type Kept = Q::Owned;
    type Again<'k> = &'k Q;
    fn keep(&self) -> Q::Owned {
        (**self).to_owned()
    }
    fn again(kept: &Q::Owned) -> &Q {
        kept.borrow()
    }
    fn copy(kept: &Q::Owned) -> Q::Owned {
        let operand: &Q = kept.borrow();
        operand.to_owned()
    }
}

macro_rules! positions {
    ($($position:ty => $kept:ty, $keep:expr, $again:expr;)*) => {$(
        impl sealed::Operand for $position {}
        impl Operand for $position {
            type Kept = $kept;
            type Again<'k> = Self;
            fn keep(&self) -> $kept {
                $keep(self)
            }
            fn again(kept: &$kept) -> Self {
                $again(kept)
            }
            fn copy(kept: &$kept) -> $kept {
                $keep(&$again(kept))
            }
        }
    )*};
}

positions! {
    usize => usize, |i: &usize| *i, |i: &usize| *i;
    char => char, |c: &char| *c, |c: &char| *c;
    Range<usize> => Range<usize>, Clone::clone, Clone::clone;
    RangeInclusive<usize> => RangeInclusive<usize>, Clone::clone, Clone::clone;
    RangeFrom<usize> => RangeFrom<usize>, Clone::clone, Clone::clone;
    RangeTo<usize> => usize, |r: &RangeTo<usize>| r.end, |end: &usize| ..*end;
    RangeToInclusive<usize> => usize, |r: &RangeToInclusive<usize>| r.end, |end: &usize| ..=*end;
    RangeFull => Nothing, |_: &RangeFull| Nothing, |_: &Nothing| ..;
}

macro_rules! methods {
    ($($name:ident: $([$($generics:tt)*] $owner:ty),+;)*) => {
        /// The methods that may lend what they find, by name.
        #[expect(non_camel_case_types, reason = "named as the methods are")]
        pub mod method {
            $(
                /// The method of this name.
                #[derive(Clone, Copy, Debug)]
                pub struct $name;
            )*
        }
        $($(
            impl<$($generics)*> sealed::Method<method::$name> for $owner {}
            impl<$($generics)*> Method<method::$name> for $owner {}
        )+)*
    };
}

methods! {
    as_str: [] String;
    as_bytes: [] str, [] String;
    trim: [] str, [] String;
    trim_start: [] str, [] String;
    trim_end: [] str, [] String;
    strip_prefix: [] str, [] String;
    strip_suffix: [] str, [] String;
    split_once: [] str, [] String;
    rsplit_once: [] str, [] String;
    split_at: [] str, [] String, [T] [T], [T, const N: usize] [T; N], [T] Vec<T>;
    split_first: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>;
    split_last: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>;
    as_slice: [T] Vec<T>, [T, const N: usize] [T; N];
    as_ref: [T] Option<T>, [T, E] Result<T, E>;
    as_deref: [T] Option<T>, [T, E] Result<T, E>;
    as_mut: [T] Option<T>, [T, E] Result<T, E>;
    as_deref_mut: [T] Option<T>, [T, E] Result<T, E>;
    first: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] BTreeSet<T>;
    last: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] BTreeSet<T>;
    first_mut: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>;
    last_mut: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>;
    front: [T] VecDeque<T>, [T] LinkedList<T>;
    back: [T] VecDeque<T>, [T] LinkedList<T>;
    front_mut: [T] VecDeque<T>, [T] LinkedList<T>;
    back_mut: [T] VecDeque<T>, [T] LinkedList<T>;
    peek: [T] BinaryHeap<T>;
    get: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] VecDeque<T>, [] str, [] String,
        [T] BTreeSet<T>, [T, S] HashSet<T, S>, [K, V] BTreeMap<K, V>, [K, V, S] HashMap<K, V, S>;
    get_mut: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] VecDeque<T>,
        [K, V] BTreeMap<K, V>, [K, V, S] HashMap<K, V, S>;
    get_key_value: [K, V] BTreeMap<K, V>, [K, V, S] HashMap<K, V, S>;
    first_key_value: [K, V] BTreeMap<K, V>;
    last_key_value: [K, V] BTreeMap<K, V>;
    __durable_opened: [T: KeptAs + ?Sized] TakenBorrow<T, T::Kept>;
    __durable_item: [R, P] Over<R, P>;
    __durable_constant: [T: ?Sized] Constant<&T>;
}

macro_rules! led_to {
    ($($(#[$bound:ident])? $pointer:ty;)*) => {$(
        impl<M, T: Method<M> $(+ $bound)? + ?Sized> sealed::Method<M> for $pointer {}
        impl<M, T: Method<M> $(+ $bound)? + ?Sized> Method<M> for $pointer {}
    )*};
}

led_to! {
    &T;
    &mut T;
    Box<T>;
    #[ToOwned] Cow<'_, T>;
}
