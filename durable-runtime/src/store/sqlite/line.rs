//! The line before a queue: starts that wait for their turns by priority and fairness.
//!
//! ```text
//!  start ──▶ 1 not due ──due──▶ 2 in line, at a tag ──claim, by lane and tag──▶ owned
//!     └───────────────────────────────▲
//! ```
//!
//! Tags are the virtual time of start-time fair queueing: a start is put behind the last one of its
//! key, by a distance that its weight divides, but never before what has been served. A queue has a
//! line as long as somebody waits in it; in any other, starts wait as all other runs do.

use super::error::Outcome;
use super::query::{FITS, Fitting};
use super::rows;
use super::writer::Db;
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, NewRun, Queueing};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// How a run waits that has not begun: `ready.gate` and `ready.tag`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gate {
    /// For any worker.
    Open,
    /// It is not due yet.
    Late,
    /// In line.
    Line(i64),
}

impl Gate {
    pub(super) fn columns(self) -> (i64, Option<i64>) {
        match self {
            Self::Open => (0, None),
            Self::Late => (1, None),
            Self::Line(tag) => (2, Some(tag)),
        }
    }
}

/// Whether starts of this queue wait in line.
pub(super) fn exists(conn: &Connection, queue: i64) -> Outcome<bool> {
    let sql = "SELECT 1 FROM line WHERE queue=?1";
    Ok(rows::first(conn, sql, [queue], |_| Ok(()))?.is_some())
}

/// Whether this start may not begin at once where it is made.
pub(super) fn stops(conn: &Connection, queue: i64, new: &NewRun) -> Outcome<bool> {
    Ok(new.queueing.asks_for_a_line() || exists(conn, queue)?)
}

/// Where a start waits.
pub(super) fn gate(db: &Db, queue: i64, new: &NewRun) -> Outcome<Gate> {
    if !stops(&db.conn, queue, new)? {
        return Ok(Gate::Open);
    }
    db.conn
        .prepare_cached("INSERT INTO line(queue) VALUES(?1) ON CONFLICT DO NOTHING")?
        .execute([queue])?;
    if new.due_at > new.created_at {
        return Ok(Gate::Late);
    }
    tag(db, queue, &new.queueing).map(Gate::Line)
}

/// The end of the line, for this one.
fn tag(db: &Db, queue: i64, queueing: &Queueing) -> Outcome<i64> {
    let (key, stride) = queueing.turn();
    let next: i64 = db
        .conn
        .prepare_cached(
            "INSERT INTO fair(queue,lane,key,tag) SELECT ?1,?2,?3, \
             coalesce((SELECT tag FROM served WHERE queue=?1 AND lane=?2),0)+?4 WHERE true \
             ON CONFLICT(queue,lane,key) DO UPDATE SET tag=max(fair.tag+?4,excluded.tag) \
             RETURNING tag",
        )?
        .query_row(params![queue, queueing.lane(), key, stride], |row| {
            row.get(0)
        })?;
    Ok(next - stride)
}

/// Lets starts join the line whose time has come.
fn arrive(db: &Db, queue: i64, now: Timestamp) -> Outcome<()> {
    let due = rows::all(
        &db.conn,
        "SELECT r.run, w.queueing FROM ready r JOIN workflow w ON w.run=r.run \
         WHERE r.gate=1 AND r.queue=?1 AND r.due_at<=?2 AND r.lane>=0 ORDER BY r.due_at, r.run LIMIT ?3",
        params![queue, now.0, super::limit(ARRIVALS_MAX)],
        |row| Ok((RunId(row.get(0)?), rows::queueing(row, 1)?)),
    )?;
    for (run, queueing) in due {
        let tag = tag(db, queue, &queueing)?;
        db.conn
            .prepare_cached("UPDATE ready SET gate=2, tag=?2 WHERE run=?1")?
            .execute([run.0, tag])?;
    }
    Ok(())
}

/// A start that may be claimed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) run: RunId,
    pub(super) lane: i64,
    tag: i64,
}

/// The first in line, of those that somebody can run.
pub(super) fn first(
    db: &Db,
    queue: i64,
    of: &Fitting,
    now: Timestamp,
    limit: i64,
) -> Outcome<Vec<Turn>> {
    arrive(db, queue, now)?;
    let sql = format!(
        "SELECT run, lane, tag FROM ready INDEXED BY ready_line \
         WHERE gate=2 AND queue=?1 AND lane>=0 AND {FITS} ORDER BY lane, tag, run LIMIT ?4"
    );
    let values = params![queue, of.points, of.unfit, limit];
    rows::all(&db.conn, &sql, values, |row| {
        Ok(Turn {
            run: RunId(row.get(0)?),
            lane: row.get(1)?,
            tag: row.get(2)?,
        })
    })
}

/// Notes whose turns are over, once their rows are gone; the last one takes the line with it.
pub(super) fn served(db: &Db, queue: i64, turns: &[Turn]) -> Outcome<()> {
    let mut lanes = BTreeMap::new();
    for turn in turns {
        let tag = lanes.entry(turn.lane).or_insert(turn.tag);
        *tag = turn.tag.max(*tag);
    }
    for (lane, tag) in lanes {
        db.conn
            .prepare_cached(
                "INSERT INTO served(queue,lane,tag) VALUES(?1,?2,?3) \
                 ON CONFLICT(queue,lane) DO UPDATE SET tag=max(tag,?3)",
            )?
            .execute([queue, lane, tag])?;
        // A key that has no start behind this one begins here again.
        db.conn
            .prepare_cached("DELETE FROM fair WHERE queue=?1 AND lane=?2 AND tag<=?3")?
            .execute([queue, lane, tag])?;
    }
    let waits = "SELECT 1 WHERE EXISTS(SELECT 1 FROM ready WHERE gate=2 AND queue=?1) \
         OR EXISTS(SELECT 1 FROM ready WHERE gate=1 AND queue=?1)";
    if rows::first(&db.conn, waits, [queue], |_| Ok(()))?.is_none() {
        for sql in [
            "DELETE FROM line WHERE queue=?1",
            "DELETE FROM served WHERE queue=?1",
            "DELETE FROM fair WHERE queue=?1",
        ] {
            db.conn.prepare_cached(sql)?.execute([queue])?;
        }
    }
    Ok(())
}

/// From when the first in line, or the first that is to join it, may be claimed.
pub(super) fn next_due(conn: &Connection, queue: i64, of: &Fitting) -> Outcome<Option<Timestamp>> {
    let sql = format!(
        "SELECT due_at FROM ready INDEXED BY ready_line \
         WHERE gate=2 AND queue=?1 AND lane>=0 AND {FITS} ORDER BY lane, tag, run LIMIT 1"
    );
    let in_line = rows::first(conn, &sql, params![queue, of.points, of.unfit], |row| {
        row.get(0).map(Timestamp)
    })?;
    let sql =
        "SELECT due_at FROM ready WHERE gate=1 AND queue=?1 AND lane>=0 ORDER BY due_at LIMIT 1";
    let late = rows::first(conn, sql, [queue], |row| row.get(0).map(Timestamp))?;
    Ok(in_line.into_iter().chain(late).min())
}
