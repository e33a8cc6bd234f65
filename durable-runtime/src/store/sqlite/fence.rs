//! The beat fence: the first statement of every transaction of an owner.

use super::db::Db;
use super::error::Outcome;
use crate::store::{Fence, FenceError};
use rusqlite::{OptionalExtension, params};

/// A worker's `state` column.
pub(super) const ALIVE: i64 = 0;
/// Its lease ran out.
pub(super) const DEAD: i64 = 1;
/// It ended in good order.
pub(super) const RETIRED: i64 = 2;

/// Moves the fence, or says why it does not hold.
pub(super) fn pass(db: &Db, fence: Fence) -> Outcome<()> {
    let moved = db
        .conn
        .prepare_cached(
            "UPDATE worker SET beat=beat+1, lease_until=?3 WHERE worker=?1 AND beat=?2 AND state=0",
        )?
        .execute(params![fence.worker.0, fence.beat, fence.lease_until.0])?;
    if moved == 1 {
        return Ok(());
    }
    let row: Option<(i64, i64)> = db
        .conn
        .prepare_cached("SELECT state, beat FROM worker WHERE worker=?1")?
        .query_row([fence.worker.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Err(match row {
        Some((state, _)) if state != ALIVE => FenceError::Dead,
        Some((_, beat)) if beat == fence.beat + 1 => FenceError::AlreadyApplied,
        _ => FenceError::HistoryLost,
    }
    .into())
}
