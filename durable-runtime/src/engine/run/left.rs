//! What remains of a run when its task is over.

use crate::client;
use crate::clock::Busy;
use crate::id::Timestamp;
use crate::store::{Phase, Write};

/// A run's task is over.
#[derive(Debug, Default)]
pub(in crate::engine) struct Left {
    /// When it is to be claimed again, if it was parked with a time.
    pub(in crate::engine) due: Option<Timestamp>,
    /// How it ended, if it did.
    pub(in crate::engine) outcome: Option<client::Outcome>,
    /// Held until the hub has taken note.
    pub(in crate::engine) busy: Option<Busy>,
}

/// When the run is due again and how it ended, if these writes park or end it.
pub(super) fn last(writes: &[Write]) -> (Option<Timestamp>, Option<client::Outcome>) {
    match writes.last() {
        Some(Write::Park(park)) => (park.due_at.filter(|_| park.blocked.is_none()), None),
        Some(Write::End(end)) if end.phase != Phase::Continued => {
            let (phase, output, error) = (end.phase, end.output.clone(), end.error.clone());
            (
                None,
                Some(client::Outcome {
                    phase,
                    output,
                    error,
                }),
            )
        }
        _ => (None, None),
    }
}
