//! How what a block holds is decoded, by its type.

use super::super::Durable;
use super::super::saved::{Data, Param, Stored, data};
use super::super::support::Ty;
use std::fmt;
use std::marker::PhantomData;

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
