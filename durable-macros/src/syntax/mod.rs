//! From tokens to a checked [`Input`].

pub(crate) mod args;
pub(crate) mod by_ref;
mod capitals;
mod check;
pub(crate) mod configured;
pub(crate) mod enclosing;
pub(crate) mod endless;
mod foreign;
pub(crate) mod fork;
pub(crate) mod generics;
mod input;
mod leaves;
mod limit;
pub(crate) mod meaning;
mod named_blocks;
pub(crate) mod outline;
mod select;

pub(crate) use check::check;
pub(crate) use input::{Input, Param, is_lint};
pub(crate) use limit::bare;
