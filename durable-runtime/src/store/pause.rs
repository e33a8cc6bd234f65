//! A run that rests until an operator lets it go on.

use crate::id::Timestamp;
use serde::Serialize;

/// That, why and since when a run is paused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paused {
    /// Since when.
    pub at: Timestamp,
    /// Why, for people.
    pub reason: String,
}
