//! What a block owns of what it takes along: a value, or what a reference leads to.

use super::super::Durable;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::marker::PhantomData;
use std::panic::RefUnwindSafe;

/// A value that was taken along, until the block has it.
pub struct TakenValue<T>(pub(super) Option<T>);

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
