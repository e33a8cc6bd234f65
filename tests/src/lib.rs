//! Shared helpers of the cross-crate tests.

#![allow(
    clippy::needless_pass_by_value,
    clippy::missing_panics_doc,
    reason = "test support"
)]

pub mod editions;
pub mod equivalence;
pub use tracing;
