//! The engine: workers that own runs and carry them from await to await.
//!
//! ```text
//!            claims, takeovers, mail                 one task per run in memory
//!   store ◀──────────────────────── worker (hub) ───────────────▶ run ──▶ attempt
//!     ▲                                 ▲                          │ decide (pure)
//!     │                                 │ born-owned starts        │
//!     └──── committer ◀─── writes ──────┼──────────────────────────┘
//!           (owns the fence)          link ◀── client in this process
//! ```
//!
//! A run's task feeds events to its `Instance`, which decides what to write
//! and what to do next; the committer makes the writes durable together with those of other runs;
//! then the task acts. A worker that loses its fence drops all of this and registers anew.

mod acts;
mod attempt;
mod attempts;
mod background;
mod backoff;
mod committer;
mod gates;
mod guard;
mod health;
mod heartbeat;
mod hub;
mod hung;
mod ids;
mod instance;
mod jobs;
mod life;
mod link;
mod mailbox;
mod meters;
mod misfits;
mod options;
mod run;
mod schedules;
mod seen;
mod sizes;
mod step;
#[cfg(test)]
mod table;
mod tasks;
mod transact;
mod undecoded;
mod underway;
mod worker;

pub use health::Health;
pub use ids::new_run;
pub(crate) use ids::{new_message, new_run_elsewhere};
pub use link::WorkerLink;
pub use options::{ActivityLimits, WorkerOptions};
pub use worker::{Worker, WorkerError};
