//! Notes about operations under way.

use super::error::Outcome;
use super::session::{Columns, Session};
use super::transact::Tx;
use crate::id::RunId;

/// The notes of a run, by operation.
pub(super) async fn of(conn: &Session, run: RunId) -> Outcome<Vec<(u64, Vec<u8>)>> {
    let sql = "SELECT op, body FROM @note WHERE run=$1";
    let notes = conn
        .all(sql, &[&run.0], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<i64>()?.cast_unsigned(), row.next()?))
        })
        .await?;
    let mut notes = notes;
    notes.sort_by_key(|(op, _)| op.cast_signed());
    Ok(notes)
}

/// Operations of runs are over.
pub(super) async fn settle(tx: &Tx, operations: &[(RunId, i64)]) -> Outcome<()> {
    let runs: Vec<_> = operations.iter().map(|(run, _)| run.0).collect();
    let ops: Vec<_> = operations.iter().map(|(_, op)| *op).collect();
    let sql = "DELETE FROM @note n USING unnest($1::bigint[],$2::bigint[]) AS t(run,op) \
        WHERE n.run=t.run AND n.op=t.op";
    tx.execute(sql, &[&runs, &ops]).await?;
    Ok(())
}
