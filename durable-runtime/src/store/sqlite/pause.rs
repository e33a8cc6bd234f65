//! Runs that operators let rest.
//!
//! Who pauses a run notes it in the run's row. One that nobody owns moves to a lane that no claim
//! looks at: the negative of its own, so that it comes back where it was. An owner is told by a
//! message, and lets go of the run as soon as nothing is under way.

use super::db::Db;
use super::error::Outcome;
use super::{inbox, places, rows, task_line};
use crate::id::{RunId, Timestamp};
use crate::store::{MessageKind, NewMessage};
use rusqlite::params;

/// Lets a run rest; one that rests already does so for the reason given first.
pub(super) fn pause(db: &mut Db, run: RunId, message: &NewMessage) -> Outcome<()> {
    let reason = String::from_utf8_lossy(&message.payload);
    let owned = rows::first(
        &db.conn,
        "UPDATE workflow SET paused=?2, paused_at=?3 WHERE run=?1 AND paused IS NULL \
         RETURNING owner IS NOT NULL",
        params![run.0, reason, message.sent_at.0],
        |row| row.get(0),
    )?;
    turned(db, run, owned, MessageKind::Pause, message.sent_at)
}

/// Lets a run go on that was paused.
pub(super) fn lift(db: &mut Db, run: RunId, at: Timestamp) -> Outcome<()> {
    let owned = rows::first(
        &db.conn,
        "UPDATE workflow SET paused=NULL, paused_at=NULL WHERE run=?1 AND paused IS NOT NULL \
         RETURNING owner IS NOT NULL",
        [run.0],
        |row| row.get(0),
    )?;
    turned(db, run, owned, MessageKind::Resume, at)
}

/// Lets a run go on that was paused, or that has killed its workers.
pub(super) fn resume(db: &mut Db, run: RunId, at: Timestamp) -> Outcome<()> {
    lift(db, run, at)?;
    let released = db
        .conn
        .prepare_cached("UPDATE ready SET blocked=NULL, held=0, due_at=?2 WHERE run=?1 AND held=1")?
        .execute([run.0, at.0])?;
    if released > 0 {
        db.news.noteworthy();
    }
    Ok(())
}

/// The run that goes on in the place of another rests as that one did.
pub(super) fn inherit(db: &Db, old: RunId, new: RunId) -> Outcome<()> {
    let rests = db
        .conn
        .prepare_cached(
            "UPDATE workflow SET (paused,paused_at)=(SELECT paused, paused_at FROM workflow \
             WHERE run=?1) WHERE run=?2 AND EXISTS(SELECT 1 FROM workflow WHERE run=?1 \
             AND paused IS NOT NULL)",
        )?
        .execute([old.0, new.0])?;
    if rests > 0 {
        change_lane(db, new)?;
    }
    Ok(())
}

/// After a run was paused or is not any more (`owned`), or nothing has changed.
fn turned(
    db: &mut Db,
    run: RunId,
    owned: Option<bool>,
    kind: MessageKind,
    at: Timestamp,
) -> Outcome<()> {
    match owned {
        Some(true) => inbox::nudge(db, run, kind, at)?,
        Some(false) => change_lane(db, run)?,
        None => return Ok(()),
    }
    match kind {
        MessageKind::Pause => task_line::rest(db, run)?,
        _ => task_line::go_on(db, run)?,
    }
    db.news.noteworthy();
    Ok(())
}

/// A start that waits in line leaves it, and joins it anew when it goes on.
fn change_lane(db: &Db, run: RunId) -> Outcome<()> {
    let place = rows::first(
        &db.conn,
        "UPDATE ready SET lane=-1-lane, gate=min(gate,1), tag=NULL WHERE run=?1 \
         RETURNING queue, ckey",
        [run.0],
        |row| places::of(row, 0),
    )?;
    place.map_or(Ok(()), |place| place.freed(db))
}
