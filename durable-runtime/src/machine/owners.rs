//! Whether what a method gives surely borrows from the variable that it is called on. Not public API.
//!
//! ```text
//! let b = m.get("b").map(String::as_str).unwrap_or("none");      `m` is a map that owns what it has
//! ```
//!
//! `&'static str` is data, so the type of `b` does not tell. That of `m` does: a method of std on a type
//! of std borrows from it. All that the macro is not sure of by these types is left to rustc.

use super::lookup::Place;
use super::saved::Data;
use super::source::Items;
use super::support::{Ty, of};
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

/// The answer: it borrows, and cannot be saved.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// The answer: it may well own what it has, or have it from a constant.
#[derive(Clone, Copy, Debug)]
pub struct Unclear;

impl Refused {
    /// Sure only if the other answer is.
    #[must_use]
    pub fn and<A>(self, other: A) -> A {
        other
    }
    /// Sure if one of them is.
    #[must_use]
    pub fn or<A>(self, _: A) -> Self {
        self
    }
    /// What is refused.
    #[must_use]
    pub fn of<T>(self, ty: Ty<T>) -> Ty<T> {
        ty
    }
    /// Has been refused.
    #[must_use]
    pub fn data<T>(self, _: Data<()>, _: Ty<T>) -> Data<T> {
        Data::refused()
    }
}

impl Unclear {
    /// Nothing makes it sure.
    #[must_use]
    pub fn and<A>(self, _: A) -> Self {
        self
    }
    /// Sure if one of them is.
    #[must_use]
    pub fn or<A>(self, other: A) -> A {
        other
    }
    /// Nothing is refused.
    #[must_use]
    pub fn of<T>(self, _: Ty<T>) -> Ty<Self> {
        of()
    }
    /// The proof that was found.
    #[must_use]
    pub fn data<T>(self, data: Data<T>, _: Ty<T>) -> Data<T> {
        data
    }
}

/// In the twin: a place of this type is asked about.
pub fn asked<O: ?Sized>(_: Place<O>, _: &O) {}

/// A question about a type of place, for a group of methods.
pub struct Question<G, O: ?Sized>(PhantomData<fn() -> G>, PhantomData<fn() -> Box<O>>);

impl<G, O: ?Sized> Clone for Question<G, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G, O: ?Sized> Copy for Question<G, O> {}

impl<G, O: ?Sized> std::fmt::Debug for Question<G, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// Asks it.
#[must_use]
pub fn question<G, O: ?Sized>(_: G, _: Place<O>) -> Question<G, O> {
    Question(PhantomData, PhantomData)
}

/// The same about the type of a value.
#[must_use]
pub fn question_of<G, T>(_: G, _: Ty<T>) -> Question<G, T> {
    Question(PhantomData, PhantomData)
}

/// Asked first.
pub trait Surely {
    /// The answer.
    type Answer;
    /// Gives it.
    fn answer(self) -> Self::Answer;
}

/// Asked next.
pub trait Perhaps {
    /// The answer.
    type Answer;
    /// Gives it.
    fn answer(self) -> Self::Answer;
}

/// Asked after that.
pub trait Otherwise {
    /// The answer.
    type Answer;
    /// Gives it.
    fn answer(self) -> Self::Answer;
}

/// Asked last.
pub trait Finally {
    /// The answer.
    type Answer;
    /// Gives it.
    fn answer(self) -> Self::Answer;
}

macro_rules! answers {
    ($($order:ident [$($generics:tt)*] $question:ty => $answer:ident;)*) => {$(
        impl<$($generics)*> $order for $question {
            type Answer = $answer;
            fn answer(self) -> $answer {
                $answer
            }
        }
    )*};
}

/// What is asked.
pub mod owner {
    /// Is it of this group itself?
    #[derive(Clone, Copy, Debug)]
    pub struct Own<G>(pub G);
    /// Is it of this group, or one reference away?
    #[derive(Clone, Copy, Debug)]
    pub struct Near<G>(pub G);
    /// Is it no reference, and no pointer through which a field could lie behind one?
    #[derive(Clone, Copy, Debug)]
    pub struct Whole;
    /// Is it a reference to such a place?
    #[derive(Clone, Copy, Debug)]
    pub struct Single;
    /// Is there a reference in it?
    #[derive(Clone, Copy, Debug)]
    pub struct Holding;

    /// Texts.
    #[derive(Clone, Copy, Debug)]
    pub struct Texts;
    /// What has elements.
    #[derive(Clone, Copy, Debug)]
    pub struct Lists;
    /// What has keys.
    #[derive(Clone, Copy, Debug)]
    pub struct Maps;
    /// What may have nothing.
    #[derive(Clone, Copy, Debug)]
    pub struct Options;
    /// What a range can be taken of.
    #[derive(Clone, Copy, Debug)]
    pub struct Sliced;
}
use owner::{Holding, Lists, Maps, Near, Options, Own, Single, Sliced, Texts, Whole};

answers! {
    // `&&'static str` may have become `&'static str`, which is borrowed from nothing.
    Surely [G, O: HasReferences + ?Sized] &&&Question<Own<G>, O> => Unclear;
    Perhaps [G, O: HasReferencesAsKeys] &&Question<Own<G>, O> => Unclear;
    Otherwise [G, O: In<G> + ?Sized] &Question<Own<G>, O> => Refused;
    Finally [G, O: ?Sized] Question<Own<G>, O> => Unclear;

    Surely [G, O: HasReferences + ?Sized] &&&Question<Near<G>, O> => Unclear;
    Perhaps [G, O: HasReferencesAsKeys] &&Question<Near<G>, O> => Unclear;
    Otherwise [G, O: IsNear<G> + ?Sized] &Question<Near<G>, O> => Refused;
    Finally [G, O: ?Sized] Question<Near<G>, O> => Unclear;

    // `Box<&'static Config>`: of its `name` the box owns nothing. What else is a pointer is asked for one step.
    Surely [O: LeadsAway + ?Sized] &&&Question<Whole, O> => Unclear;
    Perhaps [P: Deref<Target: LeadsAway> + ?Sized] &&Question<Whole, P> => Unclear;
    Otherwise [O: ?Sized] &Question<Whole, O> => Refused;

    Surely [O: LeadsAway + ?Sized] &&&Question<Single, &O> => Unclear;
    Perhaps [P: Deref<Target: LeadsAway> + ?Sized] &&Question<Single, &P> => Unclear;
    Otherwise [O: ?Sized] &Question<Single, &O> => Refused;
    Finally [O: ?Sized] Question<Single, O> => Unclear;

    Surely [T: Holds] &&&Question<Holding, T> => Refused;
    Otherwise [T] &Question<Holding, T> => Unclear;
}

/// Behind it, or behind a pointer in it, lies what it does not own.
pub trait LeadsAway {}

macro_rules! leading_away {
    ($([$($generics:tt)*] $pointer:ty),+ $(,)?) => {$(
        impl<$($generics)*> LeadsAway for $pointer {}
    )+};
}

leading_away! {
    [T: ?Sized] &T, [T: ?Sized] &mut T, [T: LeadsAway + ?Sized] Box<T>, [T: LeadsAway + ?Sized] Rc<T>,
    [T: LeadsAway + ?Sized] Arc<T>, [T: LeadsAway, F] LazyLock<T, F>, [T: LeadsAway, F] LazyCell<T, F>,
}

/// A type of std of which a method of this group borrows and does nothing else.
pub trait In<G> {}

/// The same, or a reference to one.
pub trait IsNear<G> {}

macro_rules! groups {
    ($($group:ident: $([$($generics:tt)*] $owner:ty),+;)*) => {$($(
        impl<$($generics)*> In<$group> for $owner {}
        impl<$($generics)*> IsNear<$group> for $owner {}
        impl<$($generics)*> IsNear<$group> for &$owner {}
    )+)*};
}

groups! {
    Texts: [] str, [] String;
    Lists: [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] VecDeque<T>, [T] LinkedList<T>,
        [T] BTreeSet<T>, [T, S] HashSet<T, S>, [T] BinaryHeap<T>;
    Maps: [K, V] BTreeMap<K, V>, [K, V, S] HashMap<K, V, S>;
    Options: [T] Option<T>, [T, E] Result<T, E>;
    Sliced: [] str, [] String, [T] [T], [T, const N: usize] [T; N], [T] Vec<T>;
}

/// A pointer has the methods of what it owns, or owns a share of.
macro_rules! owning {
    ($($group:ident)+) => {$(owning! { @ $group Box Rc Arc })+};
    (@ $group:ident $($pointer:ident)+) => {$(
        impl<O: In<$group> + ?Sized> In<$group> for $pointer<O> {}
        impl<O: In<$group> + ?Sized> IsNear<$group> for $pointer<O> {}
        impl<O: In<$group> + ?Sized> IsNear<$group> for &$pointer<O> {}
    )+};
}

owning! { Texts Lists Maps Sliced }

/// Elements or values of it are references, or have some.
pub trait HasReferences {}

/// So are its keys.
pub trait HasReferencesAsKeys {}

macro_rules! with_references {
    ($($has:ident: $([$($generics:tt)*] $owner:ty),+;)*) => {$($(
        impl<$($generics)*> $has for $owner {}
        impl<$($generics)*> $has for &$owner {}
    )+)*};
}

with_references! {
    HasReferences: [T: Holds] [T], [T: Holds, const N: usize] [T; N], [T: Holds] Vec<T>,
        [T: Holds] VecDeque<T>, [T: Holds] LinkedList<T>, [T: Holds] BTreeSet<T>,
        [T: Holds, S] HashSet<T, S>, [T: Holds] BinaryHeap<T>, [T: Holds] Option<T>,
        [T: Holds, E] Result<T, E>, [K, V: Holds] BTreeMap<K, V>, [K, V: Holds, S] HashMap<K, V, S>,
        [O: HasReferences + ?Sized] Box<O>, [O: HasReferences + ?Sized] Rc<O>, [O: HasReferences + ?Sized] Arc<O>;
    HasReferencesAsKeys: [K: Holds, V] BTreeMap<K, V>, [K: Holds, V, S] HashMap<K, V, S>,
        [O: HasReferencesAsKeys] Box<O>, [O: HasReferencesAsKeys] Rc<O>, [O: HasReferencesAsKeys] Arc<O>;
}

/// A value in which there is a reference.
pub trait Holds {}

macro_rules! holding {
    ($([$($generics:tt)*] $holder:ty;)*) => {$(
        impl<$($generics)*> Holds for $holder {}
    )*};
}

holding! {
    [T: ?Sized] &T;
    [T: Holds + ?Sized] Box<T>;
    [T: Holds + ?Sized] Rc<T>;
    [T: Holds + ?Sized] Arc<T>;
    [T: Holds] [T];
    [T: Holds, const N: usize] [T; N];
    [T: Holds] Option<T>;
    [T: Holds, E] Result<T, E>;
    [T: Holds] Vec<T>;
    [T: Holds] VecDeque<T>;
    [T: Holds] LinkedList<T>;
    [T: Holds] BTreeSet<T>;
    [T: Holds, S] HashSet<T, S>;
    [T: Holds] BinaryHeap<T>;
    [T: Holds] Items<T>;
    [K: Holds, V] BTreeMap<K, V>;
    [K: Holds, V, S] HashMap<K, V, S>;
    [A: Holds, B] (A, B);
    [B: Holds] (usize, B);
}
