//! Loops over iterators that can be saved: the remaining items, or the range itself.
//!
//! The trait is sealed and speaks for std types only: what an arbitrary iterator would give after
//! a restart is unknown.

use crate::machine::support::Ty;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::iter::{Chain, Enumerate, Rev, Skip, StepBy, Take, Zip};
use std::ops::{Range, RangeFrom, RangeInclusive};

/// An iterator whose rest can be saved.
pub trait Source: Iterator + sealed::Sealed {
    /// What is saved: an iterator over the rest that is plain data.
    type Cursor: Iterator<Item = Self::Item>;
    /// Turns the iterator into its rest.
    fn rest(self) -> Self::Cursor;
}

/// The rest of what a loop iterates over.
type Cursor<I> = <<I as IntoIterator>::IntoIter as Source>::Cursor;

/// How a loop over an `I` becomes a cursor `C`: the proof that it can be saved, as a value.
pub struct Looped<I, C>(fn(I) -> C);

impl<I, C> Clone for Looped<I, C> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<I, C> Copy for Looped<I, C> {}
impl<I, C> std::fmt::Debug for Looped<I, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// What a loop goes over can be saved. A trait of its own, so that a mistake shows these words and
/// not the list of all sources.
#[diagnostic::on_unimplemented(
    message = "a loop over `{Self}` cannot be saved at the `.await` inside it",
    label = "this loop contains an `.await`, and the rest of what it goes over is not plain data",
    note = "loop over an owned collection (`for item in items`, `for item in items.clone()`) or a range (`for i in 0..items.len()`); collect anything else into a `Vec` of its own items first (`.cloned().collect::<Vec<_>>()`)",
    note = "code: durable D15"
)]
pub trait Loop<C>: Sized {
    /// The proof that a loop over this type can be saved, as a `C`.
    fn looped() -> Looped<Self, C>;
}

#[diagnostic::do_not_recommend]
impl<I: IntoIterator<IntoIter: Source>> Loop<Cursor<I>> for I {
    fn looped() -> Looped<I, Cursor<I>> {
        Looped(|iter| iter.into_iter().rest())
    }
}

/// The proof is for what this loop goes over.
pub fn loops_over<I, C>(_: Ty<I>, _: Looped<I, C>) {}

/// The type of the cursor of a loop.
#[must_use]
pub fn cursor<I, C>(_: Looped<I, C>) -> Ty<C> {
    crate::machine::support::of()
}

/// Begins a loop.
pub fn start<I, C>(looped: Looped<I, C>, iter: I) -> C {
    (looped.0)(iter)
}

/// In the twin: closures that stand over it are called item by item, as those over an array or an
/// option would not be.
pub fn iterated<I: Iterator>(iter: I) -> I {
    iter
}

/// The next item of a loop.
pub fn cursor_next<C: Iterator>(cursor: &mut C) -> Option<C::Item> {
    cursor.next()
}

/// The items that are left.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Items<T>(VecDeque<T>);

impl<T> Iterator for Items<T> {
    type Item = T;
    fn next(&mut self) -> Option<T> {
        self.0.pop_front()
    }
}

/// An inclusive range that is left; `RangeInclusive` itself forgets, when saved, that its last
/// item is out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Inclusive<T> {
    rest: Option<(T, T)>,
    reversed: bool,
}

impl<T: Clone> Inclusive<T>
where
    RangeInclusive<T>: DoubleEndedIterator<Item = T>,
{
    fn new(range: RangeInclusive<T>, reversed: bool) -> Self {
        let mut probe = range.clone();
        let first = probe.next();
        let last = probe.next_back().or_else(|| first.clone());
        Self {
            rest: first.zip(last),
            reversed,
        }
    }
}

impl<T: Clone> Iterator for Inclusive<T>
where
    RangeInclusive<T>: DoubleEndedIterator<Item = T>,
{
    type Item = T;
    fn next(&mut self) -> Option<T> {
        let (low, high) = self.rest.take()?;
        let mut range = low..=high;
        let item = if self.reversed {
            range.next_back()
        } else {
            range.next()
        };
        self.rest = Self::new(range, self.reversed).rest;
        item
    }
}

/// Sources whose items come to an end. What adapts them does not give them back, so its items are listed
/// where the loop begins.
pub trait Finite: Source {}

/// More items than a checkpoint has room for.
const LISTED_MAX: usize = 1 << 24;

/// Lists the items of what adapts a source, which may be a range of any length.
///
/// # Panics
/// If they are more than any checkpoint has room for.
fn bounded<I: Iterator>(items: I) -> VecDeque<I::Item> {
    let (least, _) = items.size_hint();
    assert!(
        least <= LISTED_MAX,
        "a loop with an `.await` inside lists the items of `{}` where it begins, and these are more than {LISTED_MAX}: \
         loop over the range itself and compute the item in the body, or write `while`",
        std::any::type_name::<I>()
    );
    items.collect()
}

macro_rules! listed {
    ($list:path: $([$($generics:tt)*] $source:ty;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $source {}
        impl<$($generics)*> Source for $source {
            type Cursor = Items<Self::Item>;
            fn rest(self) -> Self::Cursor {
                Items($list(self))
            }
        }
        impl<$($generics)*> Finite for $source {}
    )*};
}

listed! { VecDeque::from_iter:
    [T] std::vec::IntoIter<T>;
    [T] std::option::IntoIter<T>;
    [T] std::result::IntoIter<T>;
    [T, const N: usize] std::array::IntoIter<T, N>;
    [T] std::collections::vec_deque::IntoIter<T>;
    [T] std::collections::linked_list::IntoIter<T>;
    [T] std::collections::binary_heap::IntoIter<T>;
    [T] std::collections::btree_set::IntoIter<T>;
    [T] std::collections::hash_set::IntoIter<T>;
    [K, V] std::collections::btree_map::IntoIter<K, V>;
    [K, V] std::collections::btree_map::IntoKeys<K, V>;
    [K, V] std::collections::btree_map::IntoValues<K, V>;
    [K, V] std::collections::hash_map::IntoIter<K, V>;
    [K, V] std::collections::hash_map::IntoKeys<K, V>;
    [K, V] std::collections::hash_map::IntoValues<K, V>;
    [T] Rev<std::vec::IntoIter<T>>;
    [T] Rev<std::collections::vec_deque::IntoIter<T>>;
    [T] Rev<std::collections::btree_set::IntoIter<T>>;
    [K, V] Rev<std::collections::btree_map::IntoIter<K, V>>;
    [T, const N: usize] Rev<std::array::IntoIter<T, N>>;
}

listed! { bounded:
    [I: Finite] Enumerate<I>;
    [I: Finite] Skip<I>;
    [I: Finite] Take<I>;
    [I: Finite] StepBy<I>;
    [I: Finite + ExactSizeIterator + DoubleEndedIterator] Rev<Enumerate<I>>;
    [A: Finite, B: Finite<Item = A::Item>] Chain<A, B>;
    [A: Finite, B: Source] Zip<A, B>;
}

macro_rules! ranges {
    ($($t:ty)*) => {$(
        impl sealed::Sealed for Range<$t> {}
        impl Source for Range<$t> {
            type Cursor = Self;
            fn rest(self) -> Self {
                self
            }
        }
        impl Finite for Range<$t> {}
        impl sealed::Sealed for RangeInclusive<$t> {}
        impl Source for RangeInclusive<$t> {
            type Cursor = Inclusive<$t>;
            fn rest(self) -> Self::Cursor {
                Inclusive::new(self, false)
            }
        }
        impl Finite for RangeInclusive<$t> {}
        impl sealed::Sealed for Rev<Range<$t>> {}
        impl Source for Rev<Range<$t>> {
            type Cursor = Inclusive<$t>;
            fn rest(mut self) -> Self::Cursor {
                let first = self.next();
                let last = self.next_back().or(first);
                Inclusive { rest: last.zip(first), reversed: true }
            }
        }
        impl Finite for Rev<Range<$t>> {}
        impl sealed::Sealed for Rev<RangeInclusive<$t>> {}
        impl Source for Rev<RangeInclusive<$t>> {
            type Cursor = Inclusive<$t>;
            fn rest(mut self) -> Self::Cursor {
                let first = self.next();
                let last = self.next_back().or(first);
                Inclusive { rest: last.zip(first), reversed: true }
            }
        }
        impl Finite for Rev<RangeInclusive<$t>> {}
    )*};
}

ranges!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize char);

macro_rules! counters {
    ($($t:ty)*) => {$(
        impl sealed::Sealed for RangeFrom<$t> {}
        impl Source for RangeFrom<$t> {
            type Cursor = Self;
            fn rest(self) -> Self {
                self
            }
        }
    )*};
}

counters!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_adapts_a_range_is_listed() {
        let listed: Vec<_> = (0..10_u8).step_by(4).rest().collect();
        assert_eq!(listed, [0, 4, 8]);
    }

    #[test]
    #[should_panic(expected = "loop over the range itself")]
    fn what_no_checkpoint_has_room_for_is_not_listed() {
        (0..u64::MAX).step_by(50).rest();
    }
}
