//! The beat fence: the first statement of every transaction of an owner.
//!
//! It holds the worker's row until the transaction ends. So who wants to declare a worker dead, or to end
//! a run that it owns, takes that row first, and then comes before or after each batch of it, never in
//! between: `READ COMMITTED` shows each of them what the other has done.

use super::error::Fault;
use super::session::{Columns, Session};
use crate::store::{Fence, FenceError};

/// A worker's `state` column.
pub(super) const ALIVE: i16 = 0;
/// Its lease ran out.
pub(super) const DEAD: i16 = 1;
/// It ended in good order.
pub(super) const RETIRED: i16 = 2;

/// Moves the fence: a row is changed if it holds. Without values, to stand in a text with others.
pub(super) fn statement(fence: Fence) -> String {
    format!(
        "UPDATE @worker SET beat=beat+1, lease_until={} WHERE worker={} AND beat={} AND state=0",
        fence.lease_until.0, fence.worker.0, fence.beat
    )
}

/// Why the fence does not hold.
pub(super) async fn refused(conn: &Session, fence: Fence) -> Fault {
    let sql = "SELECT state, beat FROM @worker WHERE worker=$1";
    let found = conn
        .first(sql, &[&fence.worker.0], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<i16>()?, row.next::<i64>()?))
        })
        .await;
    match found {
        Err(fault) => fault,
        Ok(Some((state, _))) if state != ALIVE => FenceError::Dead.into(),
        Ok(Some((_, beat))) if beat == fence.beat + 1 => FenceError::AlreadyApplied.into(),
        Ok(_) => FenceError::HistoryLost.into(),
    }
}
