//! From tokens to a checked [`Input`].

pub(crate) mod args;
mod check;
mod input;

pub(crate) use check::check;
pub(crate) use input::{Input, Param};
