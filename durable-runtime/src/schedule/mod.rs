//! Schedules: workflows that start at times, by cron expression or interval.
//!
//! ```text
//!   start_report(&client, "nightly", "eu").on_schedule("0 2 * * *").await?
//!        │
//!        ▼ one row in the store                  any worker, when it is due
//!   definition: times, policies, action     ┌─▶ advance (pure): which runs to start or stop now,
//!   state: how far it has come ─────────────┘        and when to look again
//!                                                │
//!                            one transaction ◀───┘ row, starts and messages
//! ```
//!
//! Every time starts at most one workflow, whose id is the schedule's with the time behind it.
//! What [`Schedule`] says in code, `docs/schedules.md` says in prose.

mod advance;
mod cron;
mod definition;
mod policy;
mod requests;
mod scheduled;
mod state;
mod times;

#[cfg(test)]
mod tests;

pub(crate) use advance::advance;
pub(crate) use definition::{Action, Definition};
pub use policy::{InvalidSchedule, Overlap, Schedule};
pub use scheduled::scheduled;
pub(crate) use scheduled::within;
pub(crate) use state::State;
pub use state::{Cause, Counts, Taken};
pub(crate) use times::{Due, Times};
