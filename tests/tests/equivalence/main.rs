//! Machines mean what the functions mean that they were compiled from.

mod bindings;
mod branches;
mod errors;
mod expressions;
mod inference;
mod iterators;
mod loops;
mod macros;
mod shadowing;
mod sizes;
mod stress;
mod types;
