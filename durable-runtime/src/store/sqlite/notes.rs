//! Notes about operations under way.

use super::db::Db;
use super::error::Outcome;
use super::rows;
use crate::id::RunId;
use crate::store::{FenceError, Note};
use rusqlite::{Connection, params};

/// Puts down a note of a run that its writer owns.
pub(super) fn put(db: &Db, note: &Note) -> Outcome<()> {
    for ord in &note.consumed {
        let sql = "DELETE FROM inbox WHERE run=?1 AND ord=?2 AND used_seq IS NULL";
        let removed = db.conn.prepare_cached(sql)?.execute([note.run.0, *ord])?;
        if removed != 1 {
            // As in a step: a message that is not there.
            return Err(FenceError::HistoryLost.into());
        }
    }
    db.conn
        .prepare_cached(
            "INSERT INTO note(run,op,body) VALUES(?1,?2,?3) \
             ON CONFLICT(run,op) DO UPDATE SET body=excluded.body",
        )?
        .execute(params![note.run.0, note.op.cast_signed(), note.body])?;
    Ok(())
}

/// The notes of a run, by operation.
pub(super) fn of(conn: &Connection, run: RunId) -> Outcome<Vec<(u64, Vec<u8>)>> {
    let sql = "SELECT op, body FROM note WHERE run=?1 ORDER BY op";
    rows::all(conn, sql, [run.0], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
    })
}

/// One note.
pub(super) fn one(db: &Db, run: RunId, op: u64) -> Outcome<Option<Vec<u8>>> {
    let sql = "SELECT body FROM note WHERE run=?1 AND op=?2";
    rows::first(&db.conn, sql, [run.0, op.cast_signed()], |row| row.get(0))
}

/// An operation is over.
pub(super) fn settle(db: &Db, run: RunId, op: i64) -> Outcome<()> {
    let sql = "DELETE FROM note WHERE run=?1 AND op=?2";
    db.conn.prepare_cached(sql)?.execute([run.0, op])?;
    Ok(())
}

/// A run is over.
pub(super) fn drop_all(db: &Db, run: RunId) -> Outcome<()> {
    let sql = "DELETE FROM note WHERE run=?1";
    db.conn.prepare_cached(sql)?.execute([run.0])?;
    Ok(())
}
