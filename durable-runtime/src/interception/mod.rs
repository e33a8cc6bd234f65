//! Code of an application around every attempt of an activity, and before every start.
//!
//! ```text
//!   start ─▶ propagators ─▶ StartInterceptor 1 ─▶ 2 ─▶ store
//!                                  │
//!                                  └─ refuses: nothing is started
//!
//!   attempt ─▶ ActivityInterceptor 1 ─▶ 2 ─▶ body
//!                      ◀────────────── Ended ──┘
//! ```
//!
//! None of them runs inside workflow code, which is not theirs to see.

mod activities;
mod starts;

pub use activities::{ActivityInterceptor, Attempt, Ended, Next};
pub(crate) use activities::{ActivityInterceptors, How};
pub(crate) use starts::StartInterceptors;
pub use starts::{StartInterceptor, Starting};
