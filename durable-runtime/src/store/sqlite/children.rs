//! What the end of a run does to its parent and its children, in the transaction that ends it.

use super::db::Db;
use super::error::Outcome;
use super::{inbox, notes, places, rows, schedules, tasks};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{ChildEnd, NewRun, Parent, ParentClose, Phase};
use rusqlite::params;

/// Tells the parent how a child ended, if it wants to know and still runs.
pub(super) fn report(db: &mut Db, parent: Parent, end: &ChildEnd, at: Timestamp) -> Outcome<()> {
    let waits = parent.reports
        && rows::first(
            &db.conn,
            "SELECT 1 FROM workflow WHERE run=?1 AND phase=0",
            [parent.run.0],
            |_| Ok(()),
        )?
        .is_some();
    if waits {
        inbox::put(db, parent.run, &parent.report(end, at))?;
    }
    Ok(())
}

/// Tells the children of a run that has ended, each by its policy. Those that are to be terminated
/// and that nobody owns end here, and then their children.
pub(super) fn close(db: &mut Db, ended: RunId, at: Timestamp) -> Outcome<()> {
    // A list and no recursion: there may be many generations.
    let mut ended = vec![ended];
    while let Some(parent) = ended.pop() {
        for (child, close, owned) in running(db, parent)? {
            match close {
                ParentClose::Terminate if !owned => {
                    terminate(db, child, Some(crate::store::PARENT_ENDED), at)?;
                    ended.push(child);
                }
                close => {
                    if let Some(message) = close.message(at) {
                        inbox::put(db, child, &message)?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Tells a child that has just been started if its parent has ended meanwhile.
pub(super) fn orphan(db: &mut Db, new: &NewRun) -> Outcome<()> {
    let Some(parent) = new.parent else {
        return Ok(());
    };
    let Some(message) = parent.close.message(new.created_at) else {
        return Ok(());
    };
    let sql = "SELECT 1 FROM workflow WHERE run=?1 AND phase=0";
    let runs = rows::first(&db.conn, sql, [parent.run.0], |_| Ok(()))?.is_some();
    if runs {
        return Ok(());
    }
    inbox::put(db, new.run, &message)?;
    Ok(())
}

/// The children of a run that have not ended: number, policy, and whether somebody owns it.
fn running(db: &Db, parent: RunId) -> Outcome<Vec<(RunId, ParentClose, bool)>> {
    rows::all(
        &db.conn,
        "SELECT run, parent_close, owner IS NOT NULL FROM workflow WHERE parent=?1 AND phase=0",
        [parent.0],
        |row| Ok((RunId(row.get(0)?), rows::close(row, 1)?, row.get(2)?)),
    )
}

/// Ends a run without its code, and tells its parent. Its children are left. Answers who has owned
/// it, and does not know of this yet.
pub(super) fn terminate(
    db: &mut Db,
    run: RunId,
    reason: Option<&str>,
    at: Timestamp,
) -> Outcome<Option<Incarnation>> {
    let ended = rows::first(
        &db.conn,
        "UPDATE workflow SET phase=?2, error=?3, finished_at=?4, owner=NULL, evicted=owner, \
         seq=iif(owner IS NULL,seq,(SELECT coalesce(max(seq),0) FROM step WHERE run=?1)) WHERE run=?1 AND phase=0 \
         RETURNING parent, parent_op, parent_close, reports, evicted, schedule IS NOT NULL, id, \
         queue, ckey",
        params![run.0, Phase::Terminated as i64, reason, at.0],
        |row| {
            let (evicted, scheduled) = (row.get::<_, Option<i64>>(4)?, row.get(5)?);
            let (id, place) = (row.get(6)?, places::of(row, 7)?);
            Ok((rows::parent(row, 0)?, evicted, scheduled, id, place))
        },
    )?;
    let Some((parent, evicted, scheduled, id, place)) = ended else {
        let text = format!("run {run} changed within a transaction");
        return Err(super::error::bug(text).into());
    };
    db.conn
        .prepare_cached("DELETE FROM ready WHERE run=?1")?
        .execute([run.0])?;
    // Its owner would say which to keep. The latest has what it has published, and what people look at.
    db.conn
        .prepare_cached(
            "UPDATE step SET frame=NULL WHERE run=?1 AND frame IS NOT NULL \
             AND seq<(SELECT max(seq) FROM step WHERE run=?1)",
        )?
        .execute([run.0])?;
    place.freed(db)?;
    db.news.noteworthy();
    inbox::drop_unread(db, run)?;
    if scheduled {
        schedules::told(db, run, at)?;
    }
    notes::drop_all(db, run)?;
    tasks::drop_all(db, run)?;
    if let Some(parent) = parent {
        let id: String = id;
        let id = WorkflowId::new(id).map_err(|error| super::error::bug(error.to_string()))?;
        let end = ChildEnd {
            phase: Phase::Terminated,
            output: None,
            error: reason.map(str::to_owned),
            child: Some((run, id)),
        };
        report(db, parent, &end, at)?;
    }
    Ok(evicted.map(Incarnation))
}
