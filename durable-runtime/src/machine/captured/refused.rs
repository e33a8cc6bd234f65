//! What a block may not have a copy of: what it would change behind a reference.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Mutex, RwLock, atomic};

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
    type Unique: ?Sized;
    /// The refusal.
    fn copied(self)
    where
        Self::Unique: GivenBackByBlocks;
}

impl<T: ?Sized> MayNotBeLent for &Behind<&mut T> {
    type Unique = T;
    fn copied(self)
    where
        T: GivenBackByBlocks,
    {
    }
}

/// A block without `move` borrows the reference.
impl<T: ?Sized> MayNotBeLent for &Behind<&&mut T> {
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
