//! What migrations do that SQL cannot say.

use super::error::Outcome;
use super::rows;
use crate::id::RunId;
use crate::store::Queueing;
use rusqlite::{Connection, params};

/// What belongs to the migration to this version, behind its statements.
pub(super) fn to(version: usize, conn: &Connection) -> Outcome<()> {
    match version {
        19 => turns_of_tasks(conn),
        _ => Ok(()),
    }
}

/// Gives tasks that were put before they had turns those of their runs, and all of them the column
/// `fkey`.
fn turns_of_tasks(conn: &Connection) -> Outcome<()> {
    let sql = "SELECT t.run, t.op, t.queueing IS NOT NULL, t.queueing, w.queueing \
        FROM task t JOIN workflow w ON w.run=t.run";
    let tasks = rows::all(conn, sql, [], |row| {
        let number = (RunId(row.get(0)?), row.get::<_, i64>(1)?);
        let turn = if row.get(2)? {
            rows::queueing(row, 3)?
        } else {
            Queueing::default().of_call(&rows::queueing(row, 4)?)
        };
        Ok((number, turn))
    })?;
    let sql = "UPDATE task SET lane=?3, queueing=?4, ckey=?5, fkey=?6 WHERE run=?1 AND op=?2";
    let mut statement = conn.prepare(sql)?;
    for ((run, op), turn) in tasks {
        statement.execute(params![
            run.0,
            op,
            turn.lane(),
            rows::encoded_queueing(&turn),
            turn.key(),
            turn.turn().0
        ])?;
    }
    Ok(())
}
