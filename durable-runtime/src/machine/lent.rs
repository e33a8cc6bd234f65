//! Loops over borrowed things: a position, and std's iterators over what is known to give the same
//! items again. Not public API.

use super::borrow::Remade;
use super::borrow::sealed::Sealed;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{
    BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque, binary_heap, btree_map,
    btree_set, linked_list, vec_deque,
};
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
    label = "this loop contains an `.await`, and what it goes over has no order that lasts",
    note = "collect what it goes over into a `Vec` first; of a hash map, the keys",
    note = "code: durable D15"
)]
pub trait Lent: Iterator + LentSealed {}

/// Nobody else decides what can be lent.
pub trait LentSealed {}

macro_rules! lent {
    ($([$($generics:tt)*] $iter:ty;)*) => {$(
        impl<'a, $($generics)*> LentSealed for $iter {}
        impl<'a, $($generics)*> Lent for $iter {}
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
        impl<$($generics)*> LentSealed for $iter where $($part: Lent),+ {}
        impl<$($generics)*> Lent for $iter where Self: Iterator, $($part: Lent),+ {}
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

/// How many items a loop has had.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(usize);

/// Where a loop begins.
#[must_use]
pub fn position() -> Position {
    Position(0)
}

/// The next item of a loop, whose iterator has been made again.
pub fn pull<I: IntoIterator>(at: &mut Position, iter: I) -> Option<I::Item> {
    let item = iter.into_iter().nth(at.0)?;
    at.0 += 1;
    Some(item)
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

/// The item at which a loop is.
///
/// # Panics
/// When there is none: a bug in the macro, since the loop had this item and has borrowed it since.
pub fn current<I: IntoIterator>(iter: I, at: &Position) -> I::Item {
    let item = at.0.checked_sub(1).and_then(|at| iter.into_iter().nth(at));
    item.expect("what a loop goes over does not change")
}
