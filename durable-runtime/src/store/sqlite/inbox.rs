//! Messages to runs: how one gets into an inbox, and what is forgotten at the end.

use super::db::Db;
use super::error::Outcome;
use super::{limit, pause, rows};
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::store::{CHAIN_MAX, Heard, MessageKind, NewMessage, UNREAD_BYTES_MAX};
use rusqlite::{Connection, params};

/// Puts a message into the inbox of a run that has not ended, and makes it due if it waits. A
/// message whose id is there already changes nothing (false).
pub(super) fn put(db: &mut Db, run: RunId, message: &NewMessage) -> Outcome<bool> {
    if message.kind == MessageKind::Cancel {
        // A run that rests could not clean up.
        pause::lift(db, run, message.sent_at)?;
    }
    if let Some(beats) = message.replaces() {
        // The next character after the slash.
        let after = format!("{}0", beats.trim_end_matches('/'));
        db.conn
            .prepare_cached(REPLACED)?
            .execute(params![run.0, beats, after, message.msg])?;
    }
    let added = db
        .conn
        .prepare_cached(
            "INSERT INTO inbox(run,msg,ord,kind,payload,sent_at,name,bytes) \
             SELECT run,?2,wakes+1,?3,?4,?5,?6, ?7+coalesce((SELECT bytes FROM inbox i INDEXED BY \
               inbox_open WHERE i.run=?1 AND used_seq IS NULL ORDER BY ord DESC LIMIT 1),0) \
             FROM workflow WHERE run=?1 ON CONFLICT(run,msg) DO NOTHING",
        )?
        .execute(params![
            run.0,
            message.msg,
            message.kind as i64,
            message.payload,
            message.sent_at.0,
            message.name,
            if message.kind.is_letter() {
                limit(message.payload.len())
            } else {
                0
            },
        ])?;
    if added == 0 {
        return Ok(false);
    }
    let wakes_fresh = message.kind.wakes_fresh();
    db.conn
        .prepare_cached("UPDATE workflow SET wakes=wakes+1 WHERE run=?1")?
        .execute([run.0])?;
    db.conn
        .prepare_cached(
            "UPDATE ready SET due_at=min(coalesce(due_at,?2),?2) \
             WHERE run=?1 AND blocked IS NULL \
             AND (?3 OR EXISTS(SELECT 1 FROM workflow w WHERE w.run=?1 AND w.seq>0))",
        )?
        .execute(params![run.0, message.sent_at.0, wakes_fresh])?;
    db.news.noteworthy();
    Ok(true)
}

/// The unread heartbeats of an attempt, if nobody can have read them.
const REPLACED: &str = "DELETE FROM inbox WHERE run=?1 AND msg>?2 AND msg<?3 AND msg<>?4 \
    AND used_seq IS NULL AND EXISTS(SELECT 1 FROM workflow w WHERE w.run=?1 AND w.owner IS NULL)";

/// Whether a run, or one that it goes on for, has had a message of this id. Only so many are asked.
pub(super) fn is_known(db: &Db, run: RunId, msg: &str) -> Outcome<bool> {
    Ok(heard_before(&db.conn, run, msg)?.is_some())
}

/// Whether an earlier run of this id has had a message of that one. Only so many are asked.
pub(super) fn was_known(db: &Db, id: &WorkflowId, msg: &str) -> Outcome<bool> {
    let found = rows::first(
        &db.conn,
        "SELECT 1 FROM (SELECT run FROM workflow INDEXED BY workflow_past \
         WHERE id=?1 AND current=0 ORDER BY run DESC LIMIT ?3) p \
         JOIN inbox i ON i.run=p.run AND i.msg=?2 LIMIT 1",
        params![id.as_str(), msg, CHAIN_MAX],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// What the same runs have said of such a message, if one has had it.
pub(super) fn heard_before(conn: &Connection, run: RunId, msg: &str) -> Outcome<Option<Heard>> {
    rows::first(
        conn,
        "WITH RECURSIVE chain(run,n) AS (SELECT ?1,0 UNION ALL \
         SELECT w.run,n+1 FROM chain c JOIN workflow w ON w.next=c.run WHERE n<?3) \
         SELECT i.msg, i.stage, i.reply FROM chain c JOIN inbox i ON i.run=c.run AND i.msg=?2 \
         LIMIT 1",
        params![run.0, msg, CHAIN_MAX],
        rows::reply,
    )
}

/// Whether a run has too many unread messages to take this one, which is new to it.
pub(super) fn is_full(db: &Db, run: RunId, message: &NewMessage) -> Outcome<bool> {
    let Some(max) = message.unread_max.filter(|_| message.kind.is_letter()) else {
        return Ok(false);
    };
    // The counter has moved on by one with each message since the first that is unread, and so have
    // the bytes: as long as both are not far, nothing need be counted.
    let size = limit(message.payload.len());
    let may_be = rows::first(
        &db.conn,
        MAY_BE_FULL,
        params![run.0, max, size, limit(UNREAD_BYTES_MAX)],
        |_| Ok(()),
    )?;
    if may_be.is_none() && max > 0 {
        return Ok(false);
    }
    let full = rows::first(
        &db.conn,
        "SELECT (count(*)>=?2 OR coalesce(sum(length(payload)),0)+?6>?7) \
         AND NOT EXISTS(SELECT 1 FROM inbox WHERE run=?1 AND msg=?3) \
         FROM inbox WHERE run=?1 AND used_seq IS NULL AND kind IN (?4,?5)",
        params![
            run.0,
            max,
            message.msg,
            MessageKind::Signal as i64,
            MessageKind::Update as i64,
            size,
            limit(UNREAD_BYTES_MAX)
        ],
        |row| row.get(0),
    )?;
    Ok(full == Some(true))
}

/// Whether there may be as many unread messages as ?2, or more bytes of them than ?4 with ?3 more.
pub(super) const MAY_BE_FULL: &str = "\
    WITH unread AS (SELECT ord, bytes, length(payload) AS size FROM inbox INDEXED BY inbox_open \
      WHERE run=?1 AND used_seq IS NULL), \
    first AS (SELECT ord, bytes-size AS before FROM unread ORDER BY ord LIMIT 1), \
    last AS (SELECT bytes FROM unread ORDER BY ord DESC LIMIT 1) \
    SELECT 1 FROM workflow w, first, last WHERE w.run=?1 \
    AND (w.wakes+1-?2>=first.ord OR last.bytes-first.before+?3>?4)";

/// Whether a run has been asked to come to an end, and has not read that.
pub(super) fn is_to_stop(db: &Db, run: RunId) -> Outcome<bool> {
    let kinds = [MessageKind::Cancel as i64, MessageKind::Terminate as i64];
    let found = rows::first(
        &db.conn,
        "SELECT 1 FROM inbox INDEXED BY inbox_open \
         WHERE run=?1 AND used_seq IS NULL AND kind IN (?2,?3) LIMIT 1",
        [run.0, kinds[0], kinds[1]],
        |_| Ok(()),
    )?;
    Ok(found.is_some())
}

/// Tells the owner of a run what has changed in the run's row. The counter names the message.
pub(super) fn nudge(db: &Db, run: RunId, kind: MessageKind, at: Timestamp) -> Outcome<()> {
    db.conn
        .prepare_cached(
            "INSERT INTO inbox(run,msg,ord,kind,payload,sent_at,bytes) \
             SELECT run, 'nudge/'||(wakes+1), wakes+1, ?2, x'', ?3, \
               coalesce((SELECT bytes FROM inbox i INDEXED BY inbox_open \
                 WHERE i.run=?1 AND used_seq IS NULL ORDER BY ord DESC LIMIT 1),0) \
             FROM workflow WHERE run=?1",
        )?
        .execute([run.0, kind as i64, at.0])?;
    db.conn
        .prepare_cached("UPDATE workflow SET wakes=wakes+1 WHERE run=?1")?
        .execute([run.0])?;
    Ok(())
}

/// Forgets nudges: whoever gets the run next reads its row.
pub(super) fn drop_nudges(db: &Db, run: RunId) -> Outcome<()> {
    let sql = "DELETE FROM inbox WHERE run=?1 AND used_seq IS NULL AND kind IN (?2,?3)";
    let kinds = [MessageKind::Pause as i64, MessageKind::Resume as i64];
    db.conn
        .prepare_cached(sql)?
        .execute([run.0, kinds[0], kinds[1]])?;
    Ok(())
}

/// Forgets what a run that has ended will never read, but not that it was terminated by a message of
/// its own id; `inbox_open` then holds live runs only.
pub(super) fn drop_unread(db: &Db, run: RunId) -> Outcome<()> {
    let (kind, steering) = (MessageKind::Terminate, MessageKind::Terminate.steering());
    db.conn
        .prepare_cached(
            "UPDATE inbox SET used_seq=0, payload=x'' \
             WHERE run=?1 AND used_seq IS NULL AND kind=?2 AND msg<>?3",
        )?
        .execute(params![run.0, kind as i64, steering])?;
    db.conn
        .prepare_cached("DELETE FROM inbox WHERE run=?1 AND used_seq IS NULL")?
        .execute([run.0])?;
    Ok(())
}
