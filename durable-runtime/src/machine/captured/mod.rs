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

mod held;
mod owned;
mod refused;

pub use held::{HeldData, HeldNoData, held_as};
pub(super) use owned::{KeptAs, TakenBorrow, TakenValue};
pub use refused::{MayBeCopied, MayNotBeCopied, MayNotBeLent, behind};

use super::Durable;
use crate::codec::ArgsBuilder;
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;

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
