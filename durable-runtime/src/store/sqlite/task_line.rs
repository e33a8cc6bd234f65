//! The line of activities before a queue: how many workers carry out, and who is next.
//!
//! ```text
//!            ┌───────── 4 behind its key ──one of the key ends──┐
//!  put ─┬────┤                                                   ├─▶ 2 in line ──claim──▶ 0 carried out
//!       │    └───────────────────────────────────────────────────┘       ▲                    │
//!       └─▶ 1 is to join ◀──resume── 5 its run rests                     └──its worker retires─┘
//! ```
//!
//! It is a line as that of [starts](line), with tags of the same kind: in their tables the
//! number of its queue is negative. A place is the gate 0: what takes the task away, or from its
//! worker, frees it.

use super::db::Db;
use super::error::Outcome;
use super::{line, rows};
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, Had, NewTask, QueueSettings, Queueing, TaskWait};
use rusqlite::{Connection, Params, Row, params};
use std::collections::BTreeSet;

/// A worker carries it out.
pub(super) const CARRIED: i64 = 0;
/// It joins the line in the next claim.
const JOINS: i64 = 1;
const LINE: i64 = 2;
/// Others of its concurrency key come first.
const KEY: i64 = 4;
/// Its run rests.
const RESTS: i64 = 5;

/// Where a task is that its worker does not carry out any more: before all others of its lane.
pub(super) const BACK: &str = "tag=-1, gate=CASE WHEN cancelled OR lost OR gate IS NULL THEN NULL \
    WHEN (SELECT paused FROM workflow w WHERE w.run=task.run) IS NOT NULL THEN 5 ELSE 2 END";

/// A task that is about to wait.
#[derive(Debug)]
struct Waits<'a> {
    queue: i64,
    queueing: &'a Queueing,
}

/// Where a task is put: its gate and its tag.
pub(super) fn gate(db: &Db, queue: i64, task: &NewTask) -> Outcome<(i64, Option<i64>)> {
    let sql = "SELECT 1 FROM workflow WHERE run=?1 AND paused IS NOT NULL";
    if rows::first(&db.conn, sql, [task.of.run.0], |_| Ok(()))?.is_some() {
        return Ok((RESTS, None));
    }
    if any_joins(&db.conn, queue)? {
        // They are before it.
        return Ok((JOINS, None));
    }
    let queueing = &task.queueing;
    Waits { queue, queueing }.joins(db)
}

impl Waits<'_> {
    fn joins(&self, db: &Db) -> Outcome<(i64, Option<i64>)> {
        if let Some(key) = self.queueing.key() {
            let limit = self.limit(db)?;
            // Without a limit nobody is counted, but one that has a limit is not passed.
            if behind(&db.conn, self.queue, key)?.is_some()
                || limit < u64::from(u32::MAX) && of_key(&db.conn, self.queue, key)? >= limit
            {
                return Ok((KEY, None));
            }
        }
        self.stands(db)
    }

    fn limit(&self, db: &Db) -> Outcome<u64> {
        let per_key = settings(&db.conn, self.queue)?.0.per_key;
        Ok(self.queueing.key_limit(per_key))
    }

    fn stands(&self, db: &Db) -> Outcome<(i64, Option<i64>)> {
        // What was given back stands before all, and is no place to stand behind.
        let sql = "SELECT tag, queueing FROM task INDEXED BY task_fair \
            WHERE gate=2 AND queue=?1 AND lane=?2 AND fkey=?3 AND tag>=0 ORDER BY tag DESC LIMIT 1";
        let tag = line::tag(db, (self.queue, sql), -self.queue, self.queueing)?;
        Ok((LINE, Some(tag)))
    }
}

/// What holds for the activities of a queue, and how their bucket is filled.
pub(super) fn settings(conn: &Connection, queue: i64) -> Outcome<(QueueSettings, i64)> {
    let sql = "SELECT settings, activities_filled FROM queue WHERE queue=?1";
    let found = rows::first(conn, sql, [queue], |row| {
        Ok((rows::settings(row, 0)?.of_activities(), row.get(1)?))
    })?;
    Ok(found.unwrap_or_default())
}

/// How many are carried out, if that is limited.
fn carried(conn: &Connection, queue: i64, settings: &QueueSettings) -> Outcome<u64> {
    if settings.concurrency.is_none() {
        return Ok(0);
    }
    let sql = "SELECT count(*) FROM task INDEXED BY task_placed WHERE gate=0 AND queue=?1";
    Ok(rows::first(conn, sql, [queue], |row| row.get(0))?.map_or(0, i64::unsigned_abs))
}

/// How many of a concurrency key are carried out, or in line.
fn of_key(conn: &Connection, queue: i64, key: &str) -> Outcome<u64> {
    let sql = "SELECT (SELECT count(*) FROM task INDEXED BY task_placed \
          WHERE gate=0 AND queue=?1 AND ckey=?2) \
        + (SELECT count(*) FROM task INDEXED BY task_keyed \
          WHERE ckey IS NOT NULL AND gate=2 AND queue=?1 AND ckey=?2)";
    Ok(rows::first(conn, sql, params![queue, key], |row| row.get(0))?.map_or(0, i64::unsigned_abs))
}

/// The number of a task, and what is said of its turn.
type Waiting = (RunId, i64, Queueing);

fn waiting(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok((RunId(row.get(0)?), row.get(1)?, rows::queueing(row, 2)?))
}

/// The first that waits behind others of its concurrency key.
fn behind(conn: &Connection, queue: i64, key: &str) -> Outcome<Option<Waiting>> {
    let sql = "SELECT run, op, queueing FROM task INDEXED BY task_behind \
        WHERE gate=4 AND queue=?1 AND ckey=?2 ORDER BY lane, put_at, run, op LIMIT 1";
    rows::first(conn, sql, params![queue, key], waiting)
}

fn any_joins(conn: &Connection, queue: i64) -> Outcome<bool> {
    let sql = "SELECT 1 FROM task INDEXED BY task_joins WHERE gate=1 AND queue=?1 LIMIT 1";
    Ok(rows::first(conn, sql, [queue], |_| Ok(()))?.is_some())
}

fn set(db: &Db, (run, op): (RunId, i64), (gate, tag): (i64, Option<i64>)) -> Outcome<()> {
    db.conn
        .prepare_cached("UPDATE task SET gate=?3, tag=?4 WHERE run=?1 AND op=?2")?
        .execute(params![run.0, op, gate, tag])?;
    Ok(())
}

/// One of this key has gone: those behind it join the line, as many as may.
fn freed(db: &Db, queue: i64, key: &str) -> Outcome<()> {
    while let Some((run, op, queueing)) = behind(&db.conn, queue, key)? {
        let queueing = &queueing;
        let next = Waits { queue, queueing };
        if of_key(&db.conn, queue, key)? >= next.limit(db)? {
            break;
        }
        set(db, (run, op), next.stands(db)?)?;
    }
    Ok(())
}

/// Does to tasks what frees their places: others of their keys join the line. How many there were.
pub(super) fn frees(db: &Db, sql: &str, values: impl Params) -> Outcome<usize> {
    let sql = format!("{sql} RETURNING queue, ckey");
    let freed: Vec<(i64, Option<String>)> =
        rows::all(&db.conn, &sql, values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let count = freed.len();
    let keys = freed
        .into_iter()
        .filter_map(|(queue, key)| Some((queue, key?)));
    for (queue, key) in keys.collect::<BTreeSet<_>>() {
        self::freed(db, queue, &key)?;
    }
    Ok(count)
}

/// Tasks of a run that rests leave the line.
pub(super) fn rest(db: &Db, run: RunId) -> Outcome<()> {
    let sql = "UPDATE task SET gate=5 WHERE run=?1 AND gate IN (1,2,4)";
    frees(db, sql, [run.0]).map(drop)
}

/// They join it anew when it goes on.
pub(super) fn go_on(db: &Db, run: RunId) -> Outcome<()> {
    let sql = "UPDATE task SET gate=1 WHERE run=?1 AND gate=5";
    db.conn.prepare_cached(sql)?.execute([run.0])?;
    Ok(())
}

/// Lets everybody who waits join anew, under other settings.
pub(super) fn rearrange(db: &Db, queue: i64) -> Outcome<()> {
    for sql in [
        "UPDATE task SET gate=1, tag=NULL WHERE gate=2 AND queue=?1",
        "UPDATE task SET gate=1, tag=NULL WHERE gate=4 AND queue=?1",
    ] {
        db.conn.prepare_cached(sql)?.execute([queue])?;
    }
    line::forget(db, -queue)
}

/// For how many more there is room, after those have joined the line that are to.
pub(super) fn room(db: &Db, queue: i64, now: Timestamp) -> Outcome<usize> {
    let (settings, mut filled) = settings(&db.conn, queue)?;
    if settings.paused {
        return Ok(0);
    }
    let sql = "SELECT run, op, queueing FROM task INDEXED BY task_joins \
        WHERE gate=1 AND queue=?1 ORDER BY put_at, run, op LIMIT ?2";
    let join = rows::all(&db.conn, sql, [queue, super::limit(ARRIVALS_MAX)], waiting)?;
    for (run, op, queueing) in join {
        let queueing = &queueing;
        set(db, (run, op), Waits { queue, queueing }.joins(db)?)?;
    }
    if let Some(empty) = settings.rate.and_then(|rate| rate.emptied(filled, now)) {
        filled = empty;
        fill(db, queue, filled)?;
    }
    Ok(settings.room(carried(&db.conn, queue, &settings)?, filled, now))
}

/// Those whose turns these were are carried out from now on.
pub(super) fn served(db: &Db, queue: i64, turns: Vec<Had>, now: Timestamp) -> Outcome<()> {
    if turns.is_empty() {
        return Ok(());
    }
    let (settings, filled) = settings(&db.conn, queue)?;
    if let Some(rate) = settings.rate {
        fill(db, queue, rate.take(filled, now, turns.len()))?;
    }
    line::advance(db, -queue, turns)?;
    let waits = "SELECT 1 WHERE EXISTS(SELECT 1 FROM task WHERE gate=2 AND queue=?1) \
        OR EXISTS(SELECT 1 FROM task WHERE gate=1 AND queue=?1) \
        OR EXISTS(SELECT 1 FROM task WHERE gate=4 AND queue=?1)";
    if rows::first(&db.conn, waits, [queue], |_| Ok(()))?.is_none() {
        line::forget(db, -queue)?;
    }
    Ok(())
}

fn fill(db: &Db, queue: i64, filled: i64) -> Outcome<()> {
    db.conn
        .prepare_cached("UPDATE queue SET activities_filled=?2 WHERE queue=?1")?
        .execute([queue, filled])?;
    Ok(())
}

/// What a claim may find from some time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opens {
    /// Some that are to join the line.
    Joins,
    /// Room for those in line.
    Room,
}

/// From when a claim may find what; `None` if that is not known yet.
pub(super) fn opens(
    conn: &Connection,
    queue: i64,
    now: Timestamp,
) -> Outcome<Option<(Timestamp, Opens)>> {
    let (settings, filled) = settings(conn, queue)?;
    if !settings.paused && any_joins(conn, queue)? {
        return Ok(Some((now, Opens::Joins)));
    }
    let carried = carried(conn, queue, &settings)?;
    let opens = settings.opens(carried, filled, now);
    Ok(opens.map(|at| (at.max(now), Opens::Room)))
}

/// What a task waits for that stands so.
pub(super) fn waits_for(
    conn: &Connection,
    queue: i64,
    gate: Option<i64>,
    key: Option<String>,
) -> Outcome<Option<TaskWait>> {
    let (settings, filled) = settings(conn, queue)?;
    Ok(Some(match gate {
        None | Some(CARRIED) => return Ok(None),
        Some(RESTS) => TaskWait::PausedRun,
        _ if settings.paused => TaskWait::PausedQueue,
        Some(KEY) => TaskWait::Key(key.unwrap_or_default()),
        _ => TaskWait::in_line(&settings, carried(conn, queue, &settings)?, filled),
    }))
}

/// How many are ready for a worker, and how many are carried out; each counted up to `at_most`.
pub(super) fn depth(conn: &Connection, queue: i64, at_most: usize) -> Outcome<(usize, usize)> {
    let count = |of_these: &str| {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM task WHERE {of_these} AND queue=?1 LIMIT ?2)"
        );
        let found = rows::first(conn, &sql, [queue, super::limit(at_most)], |row| row.get(0))?;
        Ok::<_, super::error::Fault>(usize::try_from(found.unwrap_or(0_i64)).unwrap_or(0))
    };
    let waiting = count("gate=2")? + count("gate=1")?;
    Ok((waiting.min(at_most), count("gate=0")?))
}
