//! Durable functions: ordinary `async` Rust that survives crashes, deploys and power cuts.
//!
//! [`#[workflow]`](macro@workflow) compiles an `async fn` into a state machine that is saved at
//! every `.await`; [`#[activity]`](macro@activity) wraps the calls to the world outside in retries
//! and time-outs; [`main()`](fn@main) turns the binary into worker, client and admin tool.
//!
//! ```
//! use durable_runtime::prelude::*;
//!
//! #[activity(start_to_close = "30s", retry(initial = "1s", max_attempts = 5))]
//! async fn greet(name: &str) -> Result<String, String> {
//!     Ok(format!("hello, {name}"))
//! }
//!
//! #[workflow]
//! async fn welcome(name: String) -> Result<String, Error> {
//!     let greeting = greet(&name).await.map_err(Error::msg)?;
//!     sleep(Duration::from_millis(1)).await?; // or 30 days: survives restarts
//!     Ok(greeting)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store = durable_runtime::store::open("memory://").await?;
//! # let worker = durable_runtime::Worker::new(store, Default::default());
//! # let client = worker.client();
//! # tokio::spawn(worker.run(std::future::pending()));
//! // Once this has returned, the start is on disk. The same id never starts twice.
//! let handle = start_welcome(&client, "welcome-ada", "Ada".to_owned()).await?;
//! assert_eq!(handle.result().await?.unwrap(), "hello, Ada");
//! # Ok(())
//! # }
//! ```
//!
//! ```text
//!   faces     client ── cli                    library and terminal
//!   engine    worker ─ decisions ─ committer   carries runs from await to await
//!   machine   one workflow function, driven one turn at a time
//!   data      operation, frame, codec, id, registry
//!   store     the contract ─ memory ─ SQLite
//! ```
//!
//! Start reading at [`Client`], [`Worker`] or [`prelude`]; whoever writes a store, at
//! [`store::Store`].

pub mod activity;
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
mod hash;
pub mod id;
pub mod interception;
pub mod machine;
mod macros;
pub mod metrics;
mod now;
pub mod operation;
mod panics;
pub mod payload;
pub mod prelude;
pub mod propagation;
mod reason;
pub mod registry;
pub mod schedule;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transaction;

pub use cli::{Application, app, main};
pub use client::{Client, Handle, ResultError, Start, StartError};
pub use durable_macros::{activities, activity, workflow};
pub use engine::{Worker, WorkerLink, WorkerOptions};
pub use error::{Context, Error, ErrorKind};
pub use machine::Durable;
pub use now::now;
pub use operation::{
    Child, JoinHandle, JoinSet, Signal, continue_as_new, external, join_all, sleep, sleep_until,
    spawn, timeout, try_join_all,
};
pub use schedule::{Overlap, Schedule, scheduled};
pub use transaction::Transaction;

// Lets the expansion of the macros name this crate from within it.
extern crate self as durable_runtime;

/// What the expansion of `#[workflow]` and `#[activity]` calls. Not public API.
#[doc(hidden)]
pub mod __private {
    pub use crate::client::{Client, Start};
    pub use crate::machine::meaning::{event_macros, std_macros};
    pub use crate::machine::support::*;
    pub use crate::registry::{ActivityDef, Defined, Linked, LinkedBlock, Unnamed, WorkflowDef};
    pub use durable_macros::{Configured, dropped};
    pub use inventory;
}
