//! A start that takes its id from the run that has it.

use super::db::Db;
use super::error::Outcome;
use super::{children, inbox, rows};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{IdPolicy, Phase, RunRecord};

/// Whether a run's number is used.
pub(super) fn is_taken(db: &Db, run: RunId) -> Outcome<bool> {
    let sql = "SELECT 1 FROM workflow WHERE run=?1";
    Ok(rows::first(&db.conn, sql, [run.0], |_| Ok(()))?.is_some())
}

/// Takes the id from its current run, which ends if it still runs.
pub(super) fn free(db: &mut Db, current: &RunRecord, at: Timestamp) -> Outcome<()> {
    let run = current.run;
    if current.phase == Phase::Running {
        let reason = IdPolicy::REPLACED;
        if children::terminate(db, run, Some(reason), at)?.is_some() {
            inbox::put(db, run, &IdPolicy::eviction(at))?;
        }
        children::close(db, run, at)?;
    }
    db.conn
        .prepare_cached("UPDATE workflow SET current=0 WHERE run=?1")?
        .execute([run.0])?;
    Ok(())
}

/// Notes that a worker knows by now that one of its runs was ended by somebody else.
pub(super) fn let_go(db: &Db, run: RunId, worker: Incarnation) -> Outcome<()> {
    let evicted = db
        .conn
        .prepare_cached("UPDATE workflow SET evicted=NULL WHERE run=?1 AND evicted=?2")?
        .execute([run.0, worker.0])?;
    if evicted > 0 {
        inbox::drop_unread(db, run)?;
    }
    Ok(())
}
