//! Notes about operations under way.

use super::error::Outcome;
use super::session::{Columns, Session, Values, number};
use super::transact::Tx;
use crate::id::RunId;
use crate::store::{FenceError, Note};
use std::collections::BTreeMap;

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

/// The notes of several runs, in no order.
pub(super) async fn of_all(
    conn: &Session,
    runs: Values<'_>,
) -> Outcome<Vec<(RunId, (u64, Vec<u8>))>> {
    let sql = "SELECT run, op, body FROM @note WHERE run=ANY($1)";
    conn.all(sql, runs, |row| {
        let mut row = Columns::of(row);
        let run = RunId(row.next()?);
        Ok((run, (row.next::<i64>()?.cast_unsigned(), row.next()?)))
    })
    .await
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

/// Puts down notes of runs that their writer owns; of several about one operation the last stands.
pub(super) async fn put(tx: &Tx, notes: &[&Note]) -> Outcome<()> {
    let consumed = notes
        .iter()
        .flat_map(|note| note.consumed.iter().map(|ord| (note.run.0, *ord)));
    let (runs, ords): (Vec<_>, Vec<_>) = consumed.unzip();
    if !runs.is_empty() {
        let sql = "DELETE FROM @inbox i USING unnest($1::bigint[],$2::bigint[]) AS t(run,ord) \
            WHERE i.run=t.run AND i.ord=t.ord AND i.used_seq IS NULL";
        let removed = tx.execute(sql, &[&runs, &ords]).await?;
        if removed != number(runs.len()).unsigned_abs() {
            // As in a step: a message that is not there.
            return Err(FenceError::HistoryLost.into());
        }
    }
    let last: BTreeMap<_, _> = notes
        .iter()
        .map(|note| ((note.run.0, note.op.cast_signed()), &*note.body))
        .collect();
    tx.execute(
        "INSERT INTO @note(run,op,body) SELECT * FROM unnest($1::bigint[],$2::bigint[],$3::bytea[]) \
         ON CONFLICT(run,op) DO UPDATE SET body=excluded.body",
        &[
            &last.keys().map(|(run, _)| *run).collect::<Vec<_>>(),
            &last.keys().map(|(_, op)| *op).collect::<Vec<_>>(),
            &last.values().copied().collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}

/// Runs are over.
pub(super) async fn drop_all(tx: &Tx, runs: &[i64]) -> Outcome<()> {
    if runs.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM @note WHERE run=ANY($1)";
    tx.execute(sql, &[&runs]).await?;
    Ok(())
}
