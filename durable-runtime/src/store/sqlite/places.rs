//! Places of runs under way: how many there are, who has one, and what is set for a queue.
//!
//! A place is no row of its own but a mark on a run that has not ended: whatever ends the run frees
//! it in the same transaction.

use super::db::Db;
use super::error::{Outcome, bug};
use super::{SqliteStore, line, query, rows, task_line};
use crate::codec;
use crate::id::{RunId, Timestamp};
use crate::store::{
    Parent, ParentClose, QueueChange, QueueRecord, QueueSettings, Queueing, Queues, StoreError,
    limits,
};
use async_trait::async_trait;
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

#[async_trait]
impl Queues for SqliteStore {
    async fn change_queue(
        &self,
        queue: &str,
        change: QueueChange,
    ) -> Result<QueueSettings, StoreError> {
        limits::check_queue(queue)?;
        let queue = queue.to_owned();
        self.write_unfenced(move |db| self::change(db, &queue, change))
            .await
    }

    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        self.readers.call(all).await
    }

    async fn has_line(&self, queue: &str) -> Result<bool, StoreError> {
        let queue = queue.to_owned();
        let work = move |conn: &_| match query::queue(conn, &queue)? {
            Some(queue) => line::exists(conn, queue),
            None => Ok(false),
        };
        self.readers.call(work).await
    }

    async fn depth(
        &self,
        queue: &str,
        now: Timestamp,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        let queue = queue.to_owned();
        let work = move |conn: &_| match query::queue(conn, &queue)? {
            Some(queue) => query::depth(conn, queue, now, at_most),
            None => Ok(0),
        };
        self.readers.call(work).await
    }
}

fn change(db: &mut Db, queue: &str, change: QueueChange) -> Outcome<QueueSettings> {
    let queue = db.names.intern(&db.conn, queue)?;
    let (old, filled) = settings(&db.conn, queue)?;
    let settings = change.apply(old);
    // What was used of another rate says nothing of this one.
    let filled = if settings.rate == old.rate { filled } else { 0 };
    let carried = match task_line::settings(&db.conn, queue)?.1 {
        carried if settings.activity_rate == old.activity_rate => carried,
        _ => 0,
    };
    if settings.is_default() {
        db.conn
            .prepare_cached("DELETE FROM queue WHERE queue=?1")?
            .execute([queue])?;
    } else {
        let bytes = codec::encode(&settings).map_err(|error| bug(error.to_string()))?;
        db.conn
            .prepare_cached(
                "INSERT INTO queue(queue,settings,filled,activities_filled) VALUES(?1,?2,?3,?4) \
                 ON CONFLICT(queue) DO UPDATE SET settings=?2, filled=?3, activities_filled=?4",
            )?
            .execute(params![queue, bytes, filled, carried])?;
    }
    if settings.of_starts() != old.of_starts() {
        // Those that have begun without a line: in memory, or parked.
        for sql in [
            "UPDATE workflow SET placed=1 WHERE owner IS NOT NULL AND queue=?1 AND placed IS NULL",
            "UPDATE workflow SET placed=1 WHERE placed IS NULL AND run IN \
             (SELECT r.run FROM ready r JOIN workflow w ON w.run=r.run \
             WHERE r.queue=?1 AND r.gate=0 AND (w.seq>0 OR r.blocked IS NOT NULL))",
        ] {
            db.conn.prepare_cached(sql)?.execute([queue])?;
        }
        line::rearrange(db, queue, settings.per_key != old.per_key)?;
    }
    if settings.activity_per_key != old.activity_per_key {
        task_line::rearrange(db, queue)?;
    }
    db.news.noteworthy();
    Ok(settings)
}

/// The place of a run that ends or rests: its queue and its concurrency key.
#[derive(Debug)]
pub(super) struct Place(i64, Option<String>);

/// The columns `queue, ckey`, beginning at `first`.
pub(super) fn of(row: &Row<'_>, first: usize) -> rusqlite::Result<Place> {
    Ok(Place(row.get(first)?, row.get(first + 1)?))
}

impl Place {
    /// Others of its key may join the line.
    pub(super) fn freed(&self, db: &Db) -> Outcome<()> {
        match &self.1 {
            Some(key) => line::freed(db, self.0, key),
            None => Ok(()),
        }
    }
}

/// The run that goes on in the place of another has its place.
pub(super) fn inherit(db: &Db, old: RunId, new: RunId) -> Outcome<()> {
    db.conn
        .prepare_cached(
            "UPDATE workflow SET (placed,ckey)=(SELECT placed, ckey FROM workflow WHERE run=?1) \
             WHERE run=?2 AND EXISTS(SELECT 1 FROM workflow WHERE run=?1 AND placed IS NOT NULL)",
        )?
        .execute([old.0, new.0])?;
    Ok(())
}

/// What is set for a queue, and how its bucket is filled.
pub(super) fn settings(conn: &Connection, queue: i64) -> Outcome<(QueueSettings, i64)> {
    let sql = "SELECT settings, filled FROM queue WHERE queue=?1";
    let found = rows::first(conn, sql, [queue], |row| {
        Ok((rows::settings(row, 0)?, row.get(1)?))
    })?;
    Ok(found.unwrap_or_default())
}

/// How many places of a queue are taken, if that is limited.
pub(super) fn taken(conn: &Connection, queue: i64, settings: &QueueSettings) -> Outcome<u64> {
    if settings.concurrency.is_none() {
        return Ok(0);
    }
    let sql = "SELECT count(*) FROM workflow INDEXED BY workflow_placed \
        WHERE queue=?1 AND placed=1 AND phase=0";
    Ok(rows::first(conn, sql, [queue], |row| row.get(0))?.map_or(0, i64::unsigned_abs))
}

/// How many of a concurrency key are under way, or in line.
pub(super) fn of_key(conn: &Connection, queue: i64, key: &str) -> Outcome<u64> {
    let sql = "SELECT (SELECT count(*) FROM workflow INDEXED BY workflow_placed \
          WHERE queue=?1 AND placed IN (1,2) AND ckey=?2 AND phase=0) \
        + (SELECT count(*) FROM ready INDEXED BY ready_key \
          WHERE queue=?1 AND ckey=?2 AND gate IN (2,3) AND gate>1)";
    Ok(rows::first(conn, sql, params![queue, key], |row| row.get(0))?.map_or(0, i64::unsigned_abs))
}

/// The first that waits behind others of its concurrency key.
pub(super) fn behind(
    conn: &Connection,
    queue: i64,
    key: &str,
) -> Outcome<Option<(RunId, Queueing)>> {
    let sql = "SELECT run, (SELECT queueing FROM workflow w WHERE w.run=ready.run) \
        FROM ready INDEXED BY ready_key WHERE queue=?1 AND ckey=?2 AND gate=4 AND gate>1 \
        AND lane>=0 ORDER BY lane, due_at, run LIMIT 1";
    rows::first(conn, sql, params![queue, key], |row| {
        Ok((RunId(row.get(0)?), rows::queueing(row, 1)?))
    })
}

/// What a start need not wait for, because a run has it that waits for this one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    pub(super) place: bool,
    pub(super) key: bool,
}

/// What a child shares with the runs above it, as far as each waits for the one below: else they
/// might wait for each other.
pub(super) fn shares(
    conn: &Connection,
    queue: i64,
    parent: Option<Parent>,
    key: Option<&str>,
) -> Outcome<Shared> {
    let Some(parent) = parent.filter(Parent::waits) else {
        return Ok(Shared::default());
    };
    let sql = format!(
        "WITH RECURSIVE above(run) AS (SELECT run FROM workflow WHERE run=?1 AND phase=0 UNION \
           SELECT p.run FROM above a JOIN workflow w ON w.run=a.run JOIN workflow p ON p.run=w.parent \
           WHERE w.reports AND w.parent_close<>{} AND p.phase=0) \
         SELECT count(*), coalesce(sum(w.ckey=?3),0) FROM above a JOIN workflow w ON w.run=a.run \
         WHERE w.queue=?2 AND w.placed IS NOT NULL",
        ParentClose::Abandon as i64
    );
    let found = rows::first(conn, &sql, params![parent.run.0, queue, key], |row| {
        Ok(Shared {
            place: row.get::<_, i64>(0)? > 0,
            key: row.get::<_, i64>(1)? > 0,
        })
    })?;
    Ok(found.unwrap_or_default())
}

fn all(conn: &Connection) -> Outcome<Vec<QueueRecord>> {
    let moment = conn.unchecked_transaction()?;
    let mut found = BTreeMap::new();
    let counts = rows::all(
        &moment,
        "SELECT (SELECT text FROM name WHERE n=q.queue), sum(q.waits), count(q.waits)-sum(q.waits) \
         FROM (SELECT queue, 0 AS waits FROM workflow WHERE owner IS NOT NULL UNION ALL \
           SELECT r.queue, r.gate>0 OR (w.seq=0 AND r.blocked IS NULL AND w.placed IS NULL) \
           FROM ready r JOIN workflow w ON w.run=r.run UNION ALL \
           SELECT queue, NULL FROM queue) AS q GROUP BY q.queue",
        [],
        |row| {
            let count = |at| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(at)?.unwrap_or(0));
            Ok((row.get::<_, String>(0)?, count(1)?, count(2)?))
        },
    )?;
    for (name, waiting, running) in counts {
        let number = query::queue(&moment, &name)?.unwrap_or_default();
        let record = QueueRecord {
            settings: settings(&moment, number)?.0,
            waiting: waiting.unsigned_abs(),
            running: running.unsigned_abs(),
            name: name.clone(),
        };
        found.insert(name, record);
    }
    Ok(found.into_values().collect())
}
