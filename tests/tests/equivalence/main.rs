//! Machines mean what the functions mean that they were compiled from.

mod bindings;
mod branches;
mod expressions;
mod loops;
mod shadowing;
