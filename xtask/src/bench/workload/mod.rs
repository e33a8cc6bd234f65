//! The workflows that are measured.

pub(super) mod doomed;
pub(super) mod holder;
pub(super) mod order;
pub(super) mod tally;
