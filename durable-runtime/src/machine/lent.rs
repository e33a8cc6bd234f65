//! Loops over borrowed things: a position, and std's iterators over what is known to give the same
//! items again. Not public API.

use super::borrow::Remade;
use super::borrow::sealed::Sealed;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::{
    BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque, binary_heap, btree_map,
    btree_set, linked_list, vec_deque,
};
use std::fmt;
use std::iter::{Chain, Copied, Enumerate, Rev, Skip, StepBy, Take, Zip};
use std::ops::{Range, RangeFrom, RangeInclusive};
use std::{option, result, slice, str};

/// What gives the same borrows and items whenever it is asked, as long as it is borrowed: the
/// collections of std, texts, and what leads to them.
#[diagnostic::on_unimplemented(
    message = "this borrow of a `{Self}` cannot be made again after an `.await`",
    label = "what it gives the next time is up to its own code",
    note = "before the loop bind what the method gives (`let lines = order.lines();`), or collect it into a `Vec`",
    note = "code: durable D04"
)]
pub trait Steady: SteadySealed {}

/// Nobody else decides what is steady.
pub trait SteadySealed {}

macro_rules! steady {
    ($([$($generics:tt)*] $owner:ty;)*) => {$(
        impl<$($generics)*> SteadySealed for $owner {}
        impl<$($generics)*> Steady for $owner {}
    )*};
}

steady! {
    [T: Steady + ?Sized] &T;
    [T: Steady + ?Sized] &mut T;
    [T: Steady + ?Sized] Box<T>;
    [T: Steady + ToOwned + ?Sized] Cow<'_, T>;
    [T] [T];
    [T, const N: usize] [T; N];
    [T] Vec<T>;
    [] str;
    [] String;
    [T] Option<T>;
    [T, E] Result<T, E>;
    [T] VecDeque<T>;
    [T] LinkedList<T>;
    [T] BinaryHeap<T>;
    [T] BTreeSet<T>;
    [K, V] BTreeMap<K, V>;
    [T, S] HashSet<T, S>;
    [K, V, S] HashMap<K, V, S>;
}

/// In the twin: this is borrowed by a recipe.
pub fn steady<T: Steady + ?Sized>(_: &T) {}

/// In the twin: the same, of a value without a name.
pub fn steady_value<T: Steady>(value: T) -> T {
    value
}

/// In the twin: the value, after a check.
pub fn after<T>((): (), value: T) -> T {
    value
}

/// An iterator over borrowed things that can be made again and put forward to any position.
#[diagnostic::on_unimplemented(
    message = "a loop over `{Self}` cannot be saved at the `.await` inside it",
    label = "this loop contains an `.await`, and where it is cannot be saved",
    note = "collect what it goes over into a `Vec` of its own items first (`.cloned().collect::<Vec<_>>()`)",
    note = "code: durable D15"
)]
pub trait Lent: Iterator + LentSealed {
    /// Where the loop is.
    type At: Default;
    /// The next item, of an iterator that has been made again.
    fn pull(self, at: &mut Self::At) -> Option<Self::Item>;
    /// The item at which the loop is.
    fn current(self, at: &Self::At) -> Option<Self::Item>;
}

/// One that gives its items in an order that lasts, so that a number says where it is.
#[diagnostic::on_unimplemented(
    message = "a loop over a chain with `{Self}` cannot be saved at the `.await` inside it",
    label = "this loop contains an `.await`, and what it goes over has no order that lasts",
    note = "loop over the hash map itself, `for (key, value) in &map`; or collect the items into a `Vec` first",
    note = "code: durable D15"
)]
pub trait Ordered: Lent<At = Position> {}

/// Such a loop is at a position.
macro_rules! by_position {
    () => {
        type At = Position;
        fn pull(mut self, at: &mut Position) -> Option<Self::Item> {
            let item = self.nth(at.0)?;
            at.0 += 1;
            Some(item)
        }
        fn current(mut self, at: &Position) -> Option<Self::Item> {
            self.nth(at.0.checked_sub(1)?)
        }
    };
}

/// Nobody else decides what can be lent.
pub trait LentSealed {}

macro_rules! lent {
    ($([$($generics:tt)*] $iter:ty;)*) => {$(
        impl<'a, $($generics)*> LentSealed for $iter {}
        impl<'a, $($generics)*> Lent for $iter {
            by_position!();
        }
        impl<'a, $($generics)*> Ordered for $iter {}
        impl<'a, $($generics)*> Sealed<'a> for $iter {}
        impl<'a, $($generics)*> Remade<'a> for $iter {}
    )*};
}

lent! {
    [T] slice::Iter<'a, T>;
    [T] slice::IterMut<'a, T>;
    [T] slice::Windows<'a, T>;
    [T] slice::Chunks<'a, T>;
    [T] slice::ChunksExact<'a, T>;
    [T] slice::ChunksMut<'a, T>;
    [T] vec_deque::Iter<'a, T>;
    [T] vec_deque::IterMut<'a, T>;
    [T] linked_list::Iter<'a, T>;
    [T] linked_list::IterMut<'a, T>;
    [T] binary_heap::Iter<'a, T>;
    [T] btree_set::Iter<'a, T>;
    [K, V] btree_map::Iter<'a, K, V>;
    [K, V] btree_map::IterMut<'a, K, V>;
    [K, V] btree_map::Keys<'a, K, V>;
    [K, V] btree_map::Values<'a, K, V>;
    [K, V] btree_map::ValuesMut<'a, K, V>;
    [T] option::Iter<'a, T>;
    [T] option::IterMut<'a, T>;
    [T] result::Iter<'a, T>;
    [T] result::IterMut<'a, T>;
    [] str::Chars<'a>;
    [] str::CharIndices<'a>;
    [] str::Bytes<'a>;
    [] str::Lines<'a>;
    [] str::SplitWhitespace<'a>;
    [] str::Split<'a, char>;
    [] str::Split<'a, &'a str>;
    [] str::Split<'a, &'a String>;
}

macro_rules! adaptors {
    ($([$($generics:tt)*] $iter:ty: $($part:ident)+;)*) => {$(
        impl<$($generics)*> LentSealed for $iter where $($part: Ordered),+ {}
        impl<$($generics)*> Lent for $iter where Self: Iterator, $($part: Ordered),+ {
            by_position!();
        }
        impl<$($generics)*> Ordered for $iter where Self: Iterator, $($part: Ordered),+ {}
        impl<'a, $($generics)*> Sealed<'a> for $iter where $($part: Remade<'a>),+ {}
        impl<'a, $($generics)*> Remade<'a> for $iter where $($part: Remade<'a>),+ {}
    )*};
}

adaptors! {
    [I] Enumerate<I>: I;
    [I] Rev<I>: I;
    [I] Skip<I>: I;
    [I] Take<I>: I;
    [I] StepBy<I>: I;
    [I] Copied<I>: I;
    [A, B] Zip<A, B>: A B;
    [A, B] Chain<A, B>: A B;
}

macro_rules! ranges {
    ($($t:ty)*) => { lent! { $(
        [] Range<$t>;
        [] RangeInclusive<$t>;
        [] RangeFrom<$t>;
    )* } };
}
ranges!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize char);

/// In the twin: a loop over this can be saved at the awaits inside. All that it goes over is
/// borrowed as long as any item of it lives.
pub fn lent<'a, I: IntoIterator<IntoIter: Lent> + Remade<'a>>(iter: I) -> I {
    iter
}

/// In the twin: the same, where closures count what they pull.
pub fn lent_in_order<'a, I: IntoIterator<IntoIter: Ordered> + Remade<'a>>(iter: I) -> I {
    iter
}

/// How many items a loop has had.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(usize);

/// Where a loop begins.
#[must_use]
pub fn position<A: Default>() -> A {
    A::default()
}

/// What a loop goes over, made again; by method lookup, so that a loop that is refused is one error.
pub struct Walk<I>(Cell<Option<I>>);

impl<I> fmt::Debug for Walk<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// The same as a value.
#[must_use]
pub fn walk<I: IntoIterator>(iter: I) -> Walk<I::IntoIter> {
    Walk(Cell::new(Some(iter.into_iter())))
}

impl<I> Walk<I> {
    fn taken(&self) -> I {
        self.0.take().expect("it is walked once")
    }
}

/// The answers of a loop that can be saved.
pub trait Walks {
    /// Where it is.
    type At;
    /// What it gives.
    type Item;
    /// The next item.
    fn pull(&self, at: &mut Self::At) -> Option<Self::Item>;
    /// The item at which it is.
    ///
    /// # Panics
    /// When there is none: a bug in the macro, since the loop had this item and has borrowed it since.
    fn current(&self, at: &Self::At) -> Self::Item;
}

impl<I: Lent> Walks for Walk<I> {
    type At = I::At;
    type Item = I::Item;
    fn pull(&self, at: &mut I::At) -> Option<I::Item> {
        self.taken().pull(at)
    }
    fn current(&self, at: &I::At) -> I::Item {
        let item = self.taken().current(at);
        item.expect("what a loop goes over does not change")
    }
}

/// The answers of any other, which has been refused.
pub trait WalksNot {
    /// What it gives.
    type Item;
    /// None.
    fn pull(&self, _: &mut Position) -> Option<Self::Item> {
        None
    }
    /// None.
    ///
    /// # Panics
    /// Always.
    fn current(&self, _: &Position) -> Self::Item {
        unreachable!("such a loop is refused")
    }
}

impl<I: Iterator> WalksNot for &Walk<I> {
    type Item = I::Item;
}

/// The rest of what a loop goes over, below a tail of closures: it counts what they pull, so that
/// none of them runs twice for an item.
#[derive(Debug)]
pub struct Counted<'p, I> {
    rest: I,
    at: &'p mut Position,
}

/// The items from the position on.
pub fn counted<I: IntoIterator>(at: &mut Position, iter: I) -> Counted<'_, I::IntoIter> {
    let mut rest = iter.into_iter();
    if let Some(last) = at.0.checked_sub(1) {
        rest.nth(last);
    }
    Counted { rest, at }
}

impl<I: Iterator> Iterator for Counted<'_, I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        let item = self.rest.next()?;
        self.at.0 += 1;
        Some(item)
    }
}
