//! Durable functions: ordinary `async` Rust that survives crashes, deploys and power cuts.

#[doc(hidden)]
pub mod cli;
pub mod client;
pub mod clock;
pub mod codec;
pub mod engine;
mod error;
#[cfg(test)]
mod fixture;
pub mod frame;
pub mod id;
pub mod machine;
pub mod operation;
pub mod prelude;
pub mod registry;
pub mod store;

pub use cli::main;
pub use client::{Client, Handle, ResultError, Start, StartError};
pub use durable_macros::{activity, workflow};
pub use engine::activity;
pub use engine::{Worker, WorkerLink, WorkerOptions};
pub use error::{Context, Error, ErrorKind};
pub use machine::Durable;

// Lets the expansion of the macros name this crate from within it.
extern crate self as durable_runtime;

/// What the expansion of `#[workflow]` and `#[activity]` calls. Not public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::client::{Client, Start};
    pub use crate::machine::support::*;
    pub use crate::registry::{ActivityDef, WorkflowDef};
    pub use inventory;
}
