//! The clock and the ids of a client.

use crate::id::{RunId, Timestamp};
use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// The low bits of a run id that are random.
const RANDOM_BITS: u32 = 21;

/// The time now.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(0).after(since)
}

/// A new run id: 42 bits of milliseconds, then random bits, so that newer runs sort later.
pub(super) fn run_id(now: Timestamp) -> RunId {
    let random = RandomState::new().hash_one(now.0) & ((1 << RANDOM_BITS) - 1);
    RunId((now.0 << RANDOM_BITS) | random.cast_signed())
}
