//! What an `async` block that runs by itself takes along from outside: values, and what references
//! lead to. Not public API.
//!
//! ```text
//! join_all(orders.iter().map(|order| async move { charge(&order.id).await }))
//!
//! created    (&captured(&order)).put(args, "order", &order)       the order itself is encoded
//! entered    let order = held.__durable_opened();                 a borrow of the block's own copy
//! ```
//!
//! A reference is told from a value by method lookup, since only rustc knows the type. What is behind
//! a reference cannot change as long as the call of the block lives: rustc holds it in the twin.

use super::Durable;
use super::saved::{Data, Param, Stored, data};
use super::support::Ty;
use crate::codec::ArgsBuilder;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::panic::RefUnwindSafe;
use std::sync::{Mutex, RwLock, atomic};

/// A value that was taken along, until the block has it.
pub struct TakenValue<T>(Option<T>);

/// What a reference to a `T` leads to, which the block owns as a `K`. That is a parameter and not
/// `T::Kept`, since rustc asks whether a machine is `Send` for all lifetimes at once, and a `T` with
/// a `&'static str` inside is `KeptAs` for one of them only.
pub struct TakenBorrow<T: ?Sized, K>(K, PhantomData<fn() -> Box<T>>);

impl<T> fmt::Debug for TakenValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

impl<T: ?Sized, K> fmt::Debug for TakenBorrow<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

impl<T: Serialize> Serialize for TakenValue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TakenValue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(Self)
    }
}

impl<T: ?Sized, K: Serialize> Serialize for TakenBorrow<T, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: ?Sized, K: Deserialize<'de>> Deserialize<'de> for TakenBorrow<T, K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Deserialize::deserialize(deserializer).map(|kept| Self(kept, PhantomData))
    }
}

impl<T> TakenValue<T> {
    /// The value.
    ///
    /// # Panics
    /// When the block has it already: a bug in the macro.
    pub fn __durable_opened(&mut self) -> T {
        self.0.take().expect("a block takes each value once")
    }
}

impl<T: ?Sized, K: Borrow<T>> TakenBorrow<T, K> {
    /// The reference.
    pub fn __durable_opened(&self) -> &T {
        self.0.borrow()
    }
}

/// What can be kept of what a reference leads to. It must not change behind the reference.
pub trait KeptAs: Serialize {
    /// Owns it.
    type Kept: Durable + Borrow<Self>;
}

impl<T: Durable + Sync + RefUnwindSafe> KeptAs for T {
    type Kept = T;
}

impl KeptAs for str {
    type Kept = String;
}

impl<T: Durable + Sync + RefUnwindSafe> KeptAs for [T] {
    type Kept = Vec<T>;
}

/// A variable that a block takes along, by its type.
pub struct Captured<C>(PhantomData<fn() -> C>);

impl<C> fmt::Debug for Captured<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// The variable.
#[must_use]
pub fn captured<C>(_: &C) -> Captured<C> {
    Captured(PhantomData)
}

/// Asked first: the variable is a reference.
pub trait CapturesBorrow {
    /// The variable.
    type Variable;
    /// What the block has of it.
    type Held;
    /// Adds what it leads to to the arguments of the block.
    fn put(self, args: ArgsBuilder, name: &'static str, value: &Self::Variable) -> ArgsBuilder;
    /// In the twin: the block takes it.
    fn moved(self, value: Self::Variable) -> Self::Held;
    /// In the twin: the block has a copy of it.
    fn copied(self, value: &Self::Variable) -> Self::Held;
}

impl<'a, T: KeptAs + ?Sized> CapturesBorrow for &Captured<&'a T> {
    type Variable = &'a T;
    type Held = TakenBorrow<T, T::Kept>;
    fn put(self, args: ArgsBuilder, name: &'static str, value: &&'a T) -> ArgsBuilder {
        args.arg(name, *value)
    }
    fn moved(self, _: &'a T) -> Self::Held {
        unreachable!("the twin of a workflow never runs")
    }
    fn copied(self, _: &&'a T) -> Self::Held {
        unreachable!("the twin of a workflow never runs")
    }
}

impl<'a, T: ?Sized> CapturesBorrow for &Captured<&'a mut T> {
    type Variable = &'a mut T;
    type Held = TakenValue<&'a mut T>;
    // Refused, see `MayNotBeLent`.
    fn put(self, args: ArgsBuilder, _: &'static str, _: &&'a mut T) -> ArgsBuilder {
        args
    }
    fn moved(self, _: &'a mut T) -> Self::Held {
        unreachable!("the twin of a workflow never runs")
    }
    fn copied(self, _: &&'a mut T) -> Self::Held {
        unreachable!("the twin of a workflow never runs")
    }
}

/// Asked next: all else is a value.
pub trait CapturesValue {
    /// The variable.
    type Variable;
    /// Adds it to the arguments of the block.
    fn put(self, args: ArgsBuilder, name: &'static str, value: &Self::Variable) -> ArgsBuilder
    where
        Self::Variable: TakenAlong;
    /// In the twin: the block takes it.
    fn moved(self, value: Self::Variable) -> TakenValue<Self::Variable>;
    /// In the twin: the block has a copy of it.
    fn copied(self, value: &Self::Variable) -> TakenValue<Self::Variable>;
}

impl<C> CapturesValue for &&Captured<C> {
    type Variable = C;
    fn put(self, args: ArgsBuilder, name: &'static str, value: &C) -> ArgsBuilder
    where
        C: TakenAlong,
    {
        args.arg(name, &Some(value))
    }
    fn moved(self, value: C) -> TakenValue<C> {
        TakenValue(Some(value))
    }
    fn copied(self, _: &C) -> TakenValue<C> {
        unreachable!("the twin of a workflow never runs")
    }
}

/// A value that a block takes along is plain data.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is used in an `async` block that runs by itself, and cannot be stored with it",
    label = "what the block takes along would have to be saved",
    note = "plain data is `Serialize`, `Deserialize` and `Send`, and borrows nothing; a shared reference to plain data may be taken along, and a `&mut` may not: let the block return what it has changed",
    note = "code: durable D03"
)]
pub trait TakenAlong: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Durable> TakenAlong for T {}

/// A variable of which a block has a copy, if it is a reference.
pub struct Behind<C>(PhantomData<fn() -> C>);

impl<C> fmt::Debug for Behind<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// The variable.
#[must_use]
pub fn behind<C>(_: &C) -> Behind<C> {
    Behind(PhantomData)
}

/// Asked first: what can change behind a shared reference may not be copied.
pub trait MayNotBeCopied {
    /// What changes.
    type Shared;
    /// The refusal.
    fn copied(self)
    where
        Self::Shared: Unshared;
}

impl<T: ChangesInside> MayNotBeCopied for &Behind<&T> {
    type Shared = T;
    fn copied(self)
    where
        T: Unshared,
    {
    }
}

/// Asked first as well: what a block changes by `&mut` would be changed in the copy.
pub trait MayNotBeLent {
    /// What is changed.
    type Unique;
    /// The refusal.
    fn copied(self)
    where
        Self::Unique: GivenBackByBlocks;
}

impl<T> MayNotBeLent for &Behind<&mut T> {
    type Unique = T;
    fn copied(self)
    where
        T: GivenBackByBlocks,
    {
    }
}

/// Asked next: all else may.
pub trait MayBeCopied {
    /// No refusal.
    fn copied(self);
}

impl<C> MayBeCopied for &&Behind<C> {
    fn copied(self) {}
}

/// Nothing: see [`MayNotBeCopied`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` can change behind a shared reference, and an `async` block that runs by itself has a copy of it",
    label = "a change made in the block would be lost",
    note = "let the block return what it has changed, or make it a branch of `join!`",
    note = "code: durable D12"
)]
pub trait Unshared {}

/// Nothing: see [`MayNotBeLent`].
#[diagnostic::on_unimplemented(
    message = "an `async` block that runs by itself takes a `&mut {Self}` along, and what it has of that is a copy",
    label = "a change made in the block would be lost",
    note = "let the block return what it has changed, and write that back when it is joined; or make it a branch of `join!`",
    note = "code: durable D16"
)]
pub trait GivenBackByBlocks {}

/// What is data by serde, and changes behind a shared reference.
pub trait ChangesInside {}

macro_rules! changes_inside {
    ($([$($generics:tt)*] $name:ty;)*) => {$(
        impl<$($generics)*> ChangesInside for $name {}
    )*};
}

changes_inside! {
    [] atomic::AtomicBool;
    [] atomic::AtomicU8;
    [] atomic::AtomicU16;
    [] atomic::AtomicU32;
    [] atomic::AtomicU64;
    [] atomic::AtomicUsize;
    [] atomic::AtomicI8;
    [] atomic::AtomicI16;
    [] atomic::AtomicI32;
    [] atomic::AtomicI64;
    [] atomic::AtomicIsize;
    [T] Mutex<T>;
    [T] RwLock<T>;
}

/// How what a block holds is decoded, by its type.
pub struct Held<H>(PhantomData<fn() -> H>);

impl<H> fmt::Debug for Held<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<Self>())
    }
}

/// The same as a value.
#[must_use]
pub fn held_as<H>(_: Ty<H>) -> Held<H> {
    Held(PhantomData)
}

/// Asked first: it is data.
pub trait HeldData {
    /// What the block holds.
    type Held;
    /// The proof as a parameter.
    fn param(self) -> Param<Self::Held>;
    /// The proof.
    fn data(self) -> Data<Self::Held>;
}

impl<H: Durable> HeldData for &Held<H> {
    type Held = H;
    fn param(self) -> Param<H> {
        H::param()
    }
    fn data(self) -> Data<H> {
        data()
    }
}

/// Asked next: it is none, which is an error where the block is made, and not a second one here.
pub trait HeldNoData {
    /// What the block holds.
    type Held;
    /// Never used.
    fn param(self) -> Param<Self::Held>;
    /// Never used.
    fn data(self) -> Data<Self::Held>;
}

impl<H> HeldNoData for &&Held<H> {
    type Held = H;
    fn param(self) -> Param<H> {
        Param::refused()
    }
    fn data(self) -> Data<H> {
        Data::refused()
    }
}
