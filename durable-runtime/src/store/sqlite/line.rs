//! The line before a queue: starts that wait for their turns, and for room.
//!
//! ```text
//!                    ┌─▶ 4 behind its key ──one of the key ends──┐
//!  start ─▶ 1 late ──┤                                            ├─▶ 2 in line, 3 without need of
//!       └────────────┴────────────────────────────────────────────┘    a place ──claim──▶ owned
//! ```
//!
//! Tags are the virtual time of start-time fair queueing: a start is put behind the last one of its
//! fairness key that stands in line or was served, by a distance that its weight divides, but never
//! before what has been served. One that leaves the line without its turn costs its key nothing. A
//! queue has a line as long as somebody waits in it or something is set for it; in any other, starts
//! wait as all other runs do.

use super::db::Db;
use super::error::Outcome;
use super::places;
use super::query::{FITS, Fitting};
use super::rows;
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, Had, NewRun, Parent, Queueing};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// It is not due yet.
const LATE: i64 = 1;
/// In line for a place.
const LINE: i64 = 2;
/// In line, with a place of its parent's.
const SHARES: i64 = 3;
/// Others of its concurrency key come first.
const KEY: i64 = 4;

/// How a start waits: columns of `ready`.
#[derive(Debug, Default)]
pub(super) struct Gate {
    pub(super) kind: i64,
    pub(super) tag: Option<i64>,
    pub(super) key: Option<String>,
    /// Its fairness key, in line.
    pub(super) fair: Option<String>,
}

/// A start that is about to wait.
#[derive(Debug)]
struct Start<'a> {
    queue: i64,
    queueing: &'a Queueing,
    parent: Option<Parent>,
    /// Its concurrency key, unless it shares the place of one that has it.
    key: Option<&'a str>,
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
        return Ok(Gate::default());
    }
    db.conn
        .prepare_cached("INSERT INTO line(queue) VALUES(?1) ON CONFLICT DO NOTHING")?
        .execute([queue])?;
    let key = new.queueing.concurrency.as_ref().map(|own| &*own.key);
    let shared = places::shares(&db.conn, queue, new.parent, key)?;
    let start = Start {
        queue,
        queueing: &new.queueing,
        parent: new.parent,
        key: key.filter(|_| !shared.key),
    };
    // Others that are due and have not joined are before it.
    let before = "SELECT 1 FROM ready WHERE gate=1 AND queue=?1 AND due_at<=?2 AND lane>=0 LIMIT 1";
    let before = rows::first(&db.conn, before, [queue, new.created_at.0], |_| Ok(()))?;
    let (kind, tag) = if new.due_at > new.created_at || before.is_some() {
        (LATE, None)
    } else {
        start.joins(db)?
    };
    Ok(Gate {
        kind,
        tag,
        key: start.key.map(str::to_owned),
        fair: tag.map(|_| new.queueing.turn().0.to_owned()),
    })
}

impl Start<'_> {
    /// Where it waits once it is due.
    fn joins(&self, db: &Db) -> Outcome<(i64, Option<i64>)> {
        if let Some(key) = self.key {
            let per_key = places::settings(&db.conn, self.queue)?.0.per_key;
            let before = places::behind(&db.conn, self.queue, key)?;
            let taken = places::of_key(&db.conn, self.queue, key)?;
            if before.is_some() || taken >= self.queueing.key_limit(per_key) {
                return Ok((KEY, None));
            }
        }
        self.stands(db)
    }

    /// Its place in line.
    fn stands(&self, db: &Db) -> Outcome<(i64, Option<i64>)> {
        let shared = places::shares(&db.conn, self.queue, self.parent, None)?;
        let gate = if shared.place { SHARES } else { LINE };
        let sql = "SELECT tag, (SELECT queueing FROM workflow w WHERE w.run=ready.run) \
            FROM ready INDEXED BY ready_fair WHERE queue=?1 AND lane=?2 AND fkey=?3 \
            AND tag IS NOT NULL ORDER BY tag DESC LIMIT 1";
        Ok((
            gate,
            Some(tag(db, (self.queue, sql), self.queue, self.queueing)?),
        ))
    }
}

/// The end of a line, for this one. `last` finds the last of a key (3) in a lane (2) of the queue (1):
/// its tag, and what is said of its turn.
pub(super) fn tag(
    db: &Db,
    (queue, last): (i64, &str),
    line: i64,
    queueing: &Queueing,
) -> Outcome<i64> {
    let (lane, (key, _)) = (queueing.lane(), queueing.turn());
    let last = rows::first(&db.conn, last, params![queue, lane, key], |row| {
        Ok(rows::queueing(row, 1)?.had(row.get(0)?).next)
    })?;
    let sql = "SELECT max(?4, coalesce((SELECT tag FROM fair WHERE queue=?1 AND lane=?2 AND key=?3),0), \
        coalesce((SELECT tag FROM served WHERE queue=?1 AND lane=?2),0))";
    let values = params![line, lane, key, last.unwrap_or(0)];
    Ok(db
        .conn
        .prepare_cached(sql)?
        .query_row(values, |row| row.get(0))?)
}

/// Lets starts join the line whose time has come.
fn arrive(db: &Db, queue: i64, now: Timestamp) -> Outcome<()> {
    let due = rows::all(
        &db.conn,
        "SELECT run FROM ready WHERE gate=1 AND queue=?1 AND due_at<=?2 AND lane>=0 \
         ORDER BY due_at, run LIMIT ?3",
        params![queue, now.0, super::limit(ARRIVALS_MAX)],
        |row| row.get(0).map(RunId),
    )?;
    due.into_iter()
        .try_for_each(|run| moves(db, queue, run, |start| start.joins(db)))
}

/// Gives a start that waits another way to wait.
fn moves(
    db: &Db,
    queue: i64,
    run: RunId,
    to: impl FnOnce(&Start<'_>) -> Outcome<(i64, Option<i64>)>,
) -> Outcome<()> {
    let waits = rows::first(
        &db.conn,
        "SELECT w.queueing, r.ckey, w.parent, w.parent_op, w.parent_close, w.reports \
         FROM ready r JOIN workflow w ON w.run=r.run WHERE r.run=?1",
        [run.0],
        |row| {
            let key: Option<String> = row.get(1)?;
            Ok((rows::queueing(row, 0)?, key, rows::parent(row, 2)?))
        },
    )?;
    let Some((queueing, key, parent)) = waits else {
        return Ok(());
    };
    let start = Start {
        queue,
        queueing: &queueing,
        parent,
        key: key.as_deref(),
    };
    let (gate, tag) = to(&start)?;
    db.conn
        .prepare_cached("UPDATE ready SET gate=?2, tag=?3, fkey=?4 WHERE run=?1")?
        .execute(params![run.0, gate, tag, queueing.turn().0])?;
    Ok(())
}

/// One of this key has ended: those behind it join the line, as many as may.
pub(super) fn freed(db: &Db, queue: i64, key: &str) -> Outcome<()> {
    let per_key = places::settings(&db.conn, queue)?.0.per_key;
    while let Some((run, queueing)) = places::behind(&db.conn, queue, key)? {
        if places::of_key(&db.conn, queue, key)? >= queueing.key_limit(per_key) {
            break;
        }
        moves(db, queue, run, |start| start.stands(db))?;
    }
    Ok(())
}

/// A start that may be claimed, in the order of turns.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) had: Had,
    pub(super) run: RunId,
    shares: bool,
}

/// The first in line, of those that somebody can run and that there is room for.
pub(super) fn first(
    db: &Db,
    queue: i64,
    of: &Fitting,
    now: Timestamp,
    limit: usize,
) -> Outcome<Vec<Turn>> {
    arrive(db, queue, now)?;
    let (settings, mut filled) = places::settings(&db.conn, queue)?;
    if let Some(empty) = settings.rate.and_then(|rate| rate.emptied(filled, now)) {
        filled = empty;
        fill(db, queue, filled)?;
    }
    let running = places::taken(&db.conn, queue, &settings)?;
    let room = settings.room(running, filled, now).min(limit);
    let mut turns = in_line(&db.conn, queue, of, LINE, room)?;
    turns.extend(in_line(&db.conn, queue, of, SHARES, limit)?);
    turns.sort_unstable_by_key(|turn| (turn.had.lane, turn.had.tag, turn.run));
    Ok(turns)
}

fn in_line(
    conn: &Connection,
    queue: i64,
    of: &Fitting,
    gate: i64,
    limit: usize,
) -> Outcome<Vec<Turn>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT run, tag, (SELECT queueing FROM workflow w WHERE w.run=ready.run) \
         FROM ready INDEXED BY ready_line WHERE queue=?1 AND gate=?5 \
         AND lane>=0 AND tag IS NOT NULL AND {FITS} ORDER BY lane, tag, run LIMIT ?4"
    );
    let values = params![queue, of.points, of.unfit, super::limit(limit), gate];
    rows::all(conn, &sql, values, |row| {
        Ok(Turn {
            run: RunId(row.get(0)?),
            had: rows::queueing(row, 2)?.had(row.get(1)?),
            shares: gate == SHARES,
        })
    })
}

/// Gives those whose turn it is their places.
pub(super) fn place(db: &Db, queue: i64, turns: &[Turn], now: Timestamp) -> Outcome<()> {
    for turn in turns {
        let placed = if turn.shares { 2 } else { 1 };
        db.conn
            .prepare_cached("UPDATE workflow SET placed=?2 WHERE run=?1")?
            .execute([turn.run.0, placed])?;
    }
    let begun = turns.iter().filter(|turn| !turn.shares).count();
    let (settings, filled) = places::settings(&db.conn, queue)?;
    if let Some(rate) = settings.rate
        && begun > 0
    {
        fill(db, queue, rate.take(filled, now, begun))?;
    }
    Ok(())
}

fn fill(db: &Db, queue: i64, filled: i64) -> Outcome<()> {
    db.conn
        .prepare_cached("UPDATE queue SET filled=?2 WHERE queue=?1")?
        .execute([queue, filled])?;
    Ok(())
}

/// Notes how far a line has been served, and from where on the keys of these turns go on.
pub(super) fn advance(db: &Db, line: i64, turns: impl IntoIterator<Item = Had>) -> Outcome<()> {
    let mut lanes = BTreeMap::<i64, (i64, BTreeMap<String, i64>)>::new();
    // Those that came back have had their turns before.
    for had in turns.into_iter().filter(|had| had.tag >= 0) {
        let (tag, keys) = lanes.entry(had.lane).or_default();
        *tag = had.tag.max(*tag);
        let next = keys.entry(had.key).or_default();
        *next = had.next.max(*next);
    }
    for (lane, (tag, keys)) in lanes {
        let served: i64 = db
            .conn
            .prepare_cached(
                "INSERT INTO served(queue,lane,tag) VALUES(?1,?2,?3) \
                 ON CONFLICT(queue,lane) DO UPDATE SET tag=max(tag,?3) RETURNING tag",
            )?
            .query_row([line, lane, tag], |row| row.get(0))?;
        // A key that has had nothing behind this begins here again.
        db.conn
            .prepare_cached("DELETE FROM fair WHERE queue=?1 AND lane=?2 AND tag<=?3")?
            .execute([line, lane, served])?;
        for (key, next) in keys.into_iter().filter(|(_, next)| *next > served) {
            db.conn
                .prepare_cached(
                    "INSERT INTO fair(queue,lane,key,tag) VALUES(?1,?2,?3,?4) \
                     ON CONFLICT(queue,lane,key) DO UPDATE SET tag=max(tag,?4)",
                )?
                .execute(params![line, lane, key, next])?;
        }
    }
    Ok(())
}

/// Notes whose turns are over, once their rows are gone; the last one takes the line with it.
pub(super) fn served(db: &Db, queue: i64, turns: &[Turn]) -> Outcome<()> {
    advance(db, queue, turns.iter().map(|turn| turn.had.clone()))?;
    if !places::settings(&db.conn, queue)?
        .0
        .of_starts()
        .is_default()
    {
        return Ok(());
    }
    let waits = "SELECT 1 WHERE EXISTS(SELECT 1 FROM ready WHERE tag IS NOT NULL AND queue=?1) \
         OR EXISTS(SELECT 1 FROM ready WHERE gate=1 AND queue=?1) \
         OR EXISTS(SELECT 1 FROM ready WHERE ckey IS NOT NULL AND gate>1 AND queue=?1)";
    if rows::first(&db.conn, waits, [queue], |_| Ok(()))?.is_none() {
        forget(db, queue)?;
        db.conn
            .prepare_cached("DELETE FROM line WHERE queue=?1")?
            .execute([queue])?;
    }
    Ok(())
}

/// Forgets whose turn it is.
pub(super) fn forget(db: &Db, queue: i64) -> Outcome<()> {
    for sql in [
        "DELETE FROM served WHERE queue=?1",
        "DELETE FROM fair WHERE queue=?1",
    ] {
        db.conn.prepare_cached(sql)?.execute([queue])?;
    }
    Ok(())
}

/// Under other settings, lets those join who wait for a start without a line. If the limit of a key is
/// another, all join anew; else those in line keep their turns.
pub(super) fn rearrange(db: &Db, queue: i64, of_keys: bool) -> Outcome<()> {
    if of_keys {
        forget(db, queue)?;
    }
    db.conn
        .prepare_cached("INSERT INTO line(queue) VALUES(?1) ON CONFLICT DO NOTHING")?
        .execute([queue])?;
    db.conn
        .prepare_cached(
            "UPDATE ready SET gate=1, tag=NULL WHERE queue=?1 AND (?2 AND gate>0 \
             OR gate=0 AND blocked IS NULL AND EXISTS(SELECT 1 FROM workflow w \
               WHERE w.run=ready.run AND w.seq=0 AND w.placed IS NULL))",
        )?
        .execute(params![queue, of_keys])?;
    Ok(())
}

/// From when the first in line, or the first that is to join it, may be claimed.
pub(super) fn next_due(
    conn: &Connection,
    queue: i64,
    of: &Fitting,
    now: Timestamp,
) -> Outcome<Option<Timestamp>> {
    let (settings, filled) = places::settings(conn, queue)?;
    let running = places::taken(conn, queue, &settings)?;
    let due = |gate| first_due(conn, queue, of, gate);
    let in_line = match settings.opens(running, filled, now) {
        None => None,
        Some(opens) => due(LINE)?.map(|due| due.max(opens)),
    };
    let sql =
        "SELECT due_at FROM ready WHERE gate=1 AND queue=?1 AND lane>=0 ORDER BY due_at LIMIT 1";
    let late = rows::first(conn, sql, [queue], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp))
    })?;
    Ok([in_line, due(SHARES)?, late.flatten()]
        .into_iter()
        .flatten()
        .min())
}

fn first_due(conn: &Connection, queue: i64, of: &Fitting, gate: i64) -> Outcome<Option<Timestamp>> {
    let sql = format!(
        "SELECT due_at FROM ready INDEXED BY ready_line WHERE queue=?1 AND gate=?4 \
         AND lane>=0 AND tag IS NOT NULL AND {FITS} ORDER BY lane, tag, run LIMIT 1"
    );
    rows::first(
        conn,
        &sql,
        params![queue, of.points, of.unfit, gate],
        |row| row.get(0).map(Timestamp),
    )
}
