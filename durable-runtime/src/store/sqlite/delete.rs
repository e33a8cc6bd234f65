//! Deleting runs that have ended.

use super::db::Db;
use super::error::{Outcome, bug};
use super::rows;
use crate::id::{RunId, WorkflowId};
use crate::store::{Deleted, Expiry, Kinds, Phase};
use rusqlite::params;

pub(super) fn delete(db: &mut Db, id: &WorkflowId) -> Outcome<Deleted> {
    let Some(current) = rows::current(&db.conn, id)? else {
        return Ok(Deleted::NotFound);
    };
    if current.phase == Phase::Running {
        return Ok(Deleted::Running);
    }
    let past = rows::all(
        &db.conn,
        "SELECT run FROM workflow WHERE id=?1 AND current=0",
        [id.as_str()],
        |row| row.get(0).map(RunId),
    )?;
    let mut runs = 0;
    for run in past.into_iter().chain([current.run]) {
        runs += forget(db, run)?;
    }
    Ok(Deleted::Runs(runs))
}

pub(super) fn expire(db: &mut Db, expiry: &Expiry) -> Outcome<usize> {
    let (of, names) = match &expiry.of {
        Kinds::Only(name) => ("IN", vec![name.clone()]),
        Kinds::AllBut(names) => ("NOT IN", names.clone()),
    };
    let names = serde_json::to_string(&names).map_err(|error| bug(error.to_string()))?;
    let sql = format!(
        "SELECT w.run FROM workflow w WHERE w.finished_at<?1 AND w.kind {of} \
         (SELECT n FROM name WHERE text IN (SELECT value FROM json_each(?2))) \
         AND (w.parent IS NULL \
           OR NOT EXISTS(SELECT 1 FROM workflow p WHERE p.run=w.parent AND p.phase=0)) \
         ORDER BY w.finished_at LIMIT ?3"
    );
    let limit = super::limit(expiry.limit);
    let params = params![expiry.before.0, names, limit];
    let runs = rows::all(&db.conn, &sql, params, |row| row.get(0).map(RunId))?;
    for run in &runs {
        forget(db, *run)?;
    }
    Ok(runs.len())
}

/// Deletes a run that has ended, and its children that have; how many were there.
fn forget(db: &mut Db, run: RunId) -> Outcome<usize> {
    let mut count = 0;
    // A list and no recursion: there may be many generations.
    let mut open = vec![run];
    while let Some(run) = open.pop() {
        let gone = db
            .conn
            .prepare_cached("DELETE FROM workflow WHERE run=?1 AND phase<>0")?
            .execute([run.0])?;
        if gone == 0 {
            // One of those before was its parent.
            continue;
        }
        count += gone;
        for sql in [
            "DELETE FROM step WHERE run=?1",
            "DELETE FROM attempt WHERE run=?1",
            "DELETE FROM inbox WHERE run=?1",
            "DELETE FROM attribute WHERE run=?1",
            "DELETE FROM note WHERE run=?1",
            "DELETE FROM task WHERE run=?1",
        ] {
            db.conn.prepare_cached(sql)?.execute([run.0])?;
        }
        open.extend(rows::all(
            &db.conn,
            "SELECT run FROM workflow WHERE parent=?1 AND phase<>0",
            [run.0],
            |row| row.get(0).map(RunId),
        )?);
    }
    if count > 0 {
        db.news.noteworthy();
    }
    Ok(count)
}
