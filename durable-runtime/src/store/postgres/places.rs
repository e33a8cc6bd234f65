//! Places of runs under way: how many there are, who has one, and what is set for a queue.
//!
//! A place is no row of its own but a mark on a run that has not ended: whatever ends the run frees
//! it in the same transaction. Keys are as their columns have them.

use super::error::{Outcome, bug};
use super::pool::Conn;
use super::rows::{plain, small};
use super::session::{Columns, Session, number};
use super::transact::Tx;
use super::{PostgresStore, line, names, task_line};
use crate::codec;
use crate::id::{RunId, Timestamp};
use crate::store::{
    Parent, ParentClose, QueueChange, QueueRecord, QueueSettings, Queueing, Queues, StoreError,
    limits,
};
use async_trait::async_trait;
use std::borrow::Cow;

#[async_trait]
impl Queues for PostgresStore {
    async fn change_queue(
        &self,
        queue: &str,
        change: QueueChange,
    ) -> Result<QueueSettings, StoreError> {
        limits::check_queue(queue)?;
        let names = [Cow::Borrowed(queue)];
        self.write(&names, |tx| self::change(tx, queue, change))
            .await
    }

    async fn queues(&self) -> Result<Vec<QueueRecord>, StoreError> {
        self.read(all).await
    }

    async fn has_line(&self, queue: &str) -> Result<bool, StoreError> {
        self.read(|conn| async move {
            let Some(queue) = names::number_of(&conn, queue).await? else {
                return Ok(false);
            };
            Ok(!line::existing(&conn, &[queue].into()).await?.is_empty())
        })
        .await
    }

    async fn depth(
        &self,
        queue: &str,
        now: Timestamp,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        self.read(|conn| async move {
            match names::number_of(&conn, queue).await? {
                Some(queue) => depth(&conn, queue, now, at_most).await,
                None => Ok(0),
            }
        })
        .await
    }
}

/// How many runs wait for a worker of this queue, up to so many.
async fn depth(conn: &Session, queue: i64, now: Timestamp, at_most: usize) -> Outcome<usize> {
    let sql = "SELECT count(*) FROM (\
           SELECT 1 FROM @ready WHERE queue=$1 AND lane BETWEEN 0 AND 4 AND due_at<=$2 AND gate=0 \
             AND blocked IS NULL \
           UNION ALL SELECT 1 FROM @ready WHERE queue=$1 AND due_at<=$2 AND gate=1 AND lane>=0 \
           UNION ALL SELECT 1 FROM @ready WHERE queue=$1 AND gate IN (2,3) AND lane>=0 \
             AND tag IS NOT NULL LIMIT $3) AS waiting";
    let values = [&queue as _, &now.0 as _, &number(at_most) as _];
    let found = conn
        .first(sql, &values, |row| Columns::of(row).next::<i64>())
        .await?;
    Ok(usize::try_from(found.unwrap_or(0)).unwrap_or(0))
}

/// What holds for a queue from now on. Nobody starts or claims anything that has not seen it: owners by
/// their rows, others by the line, and who misses the line is found by the claim.
async fn change(tx: Tx, queue: &str, change: QueueChange) -> Outcome<QueueSettings> {
    let queue = tx.name(queue)?;
    let alive = "SELECT 1 FROM @worker WHERE state=0 ORDER BY worker FOR NO KEY UPDATE";
    tx.execute(alive, &[]).await?;
    line::begin(&tx, &[queue].into()).await?;
    task_line::take(&tx, [queue]).await?;
    let (old, filled) = settings(&tx, queue).await?;
    let settings = change.apply(old);
    // What was used of another rate says nothing of this one.
    let filled = if settings.rate == old.rate { filled } else { 0 };
    let carried = match task_line::settings(&tx, queue).await?.1 {
        carried if settings.activity_rate == old.activity_rate => carried,
        _ => 0,
    };
    if settings.is_default() {
        let sql = "DELETE FROM @queue WHERE queue=$1";
        tx.execute(sql, &[&queue]).await?;
    } else {
        let bytes = codec::encode(&settings).map_err(|error| bug(error.to_string()))?;
        let sql = "INSERT INTO @queue(queue,settings,filled,activities_filled) \
            VALUES($1,$2,$3,$4) ON CONFLICT(queue) DO UPDATE SET settings=excluded.settings, \
            filled=excluded.filled, activities_filled=excluded.activities_filled";
        tx.execute(sql, &[&queue, &bytes, &filled, &carried])
            .await?;
    }
    if settings.of_starts() == old.of_starts() {
        // The line was taken, and is not needed if it was not there.
        line::served(&tx, queue, &[]).await?;
    } else {
        // Those that have begun without a line: in memory, or parked.
        let sql = "UPDATE @workflow SET placed=1 WHERE placed IS NULL AND run IN (\
              SELECT run FROM @workflow WHERE owner IS NOT NULL AND queue=$1 UNION ALL \
              SELECT r.run FROM @ready r JOIN @workflow w ON w.run=r.run \
              WHERE r.queue=$1 AND r.gate=0 AND (w.seq>0 OR r.blocked IS NOT NULL))";
        tx.execute(sql, &[&queue]).await?;
        line::rearrange(&tx, queue, settings.per_key != old.per_key).await?;
    }
    if settings.activity_per_key != old.activity_per_key {
        task_line::rearrange(&tx, queue).await?;
    }
    tx.news().noteworthy();
    Ok(settings)
}

/// The run that goes on in the place of another has its place.
pub(super) async fn inherit(tx: &Tx, old: RunId, new: RunId) -> Outcome<()> {
    tx.execute(
        "UPDATE @workflow w SET placed=o.placed, ckey=o.ckey FROM @workflow o \
         WHERE o.run=$1 AND w.run=$2 AND o.placed IS NOT NULL",
        &[&old.0, &new.0],
    )
    .await?;
    Ok(())
}

/// What is set for a queue, and how its bucket is filled.
pub(super) async fn settings(conn: &Session, queue: i64) -> Outcome<(QueueSettings, i64)> {
    let sql = "SELECT settings, filled FROM @queue WHERE queue=$1";
    let found = conn
        .first(sql, &[&queue], |row| {
            let mut row = Columns::of(row);
            Ok((plain(&mut row)?, row.next()?))
        })
        .await?;
    Ok(found.unwrap_or_default())
}

/// How many places of a queue are taken, if that is limited.
pub(super) async fn taken(conn: &Session, queue: i64, settings: &QueueSettings) -> Outcome<u64> {
    if settings.concurrency.is_none() {
        return Ok(0);
    }
    let sql = "SELECT count(*) FROM @workflow WHERE queue=$1 AND placed=1 AND phase=0";
    let found = conn
        .first(sql, &[&queue], |row| Columns::of(row).next())
        .await?;
    Ok(found.map_or(0, i64::unsigned_abs))
}

/// How many of a concurrency key are under way, or in line.
pub(super) async fn of_key(conn: &Session, queue: i64, key: &str) -> Outcome<u64> {
    let sql = "SELECT (SELECT count(*) FROM @workflow \
          WHERE queue=$1 AND placed IN (1,2) AND ckey=$2 AND phase=0) \
        + (SELECT count(*) FROM @ready \
          WHERE queue=$1 AND ckey=$2 AND gate IN (2,3) AND gate>1)";
    let found = conn
        .first(sql, &[&queue, &key], |row| Columns::of(row).next())
        .await?;
    Ok(found.map_or(0, i64::unsigned_abs))
}

/// The first that waits behind others of its concurrency key.
pub(super) async fn behind(
    conn: &Session,
    queue: i64,
    key: &str,
) -> Outcome<Option<(i64, Queueing)>> {
    let sql = "SELECT r.run, w.queueing FROM @ready r JOIN @workflow w ON w.run=r.run \
        WHERE r.queue=$1 AND r.ckey=$2 AND r.gate=4 AND r.gate>1 AND r.lane>=0 \
        ORDER BY r.lane, r.due_at, r.run LIMIT 1";
    conn.first(sql, &[&queue, &key], |row| {
        let mut row = Columns::of(row);
        Ok((row.next()?, plain(&mut row)?))
    })
    .await
}

/// What a start need not wait for, because a run has it that waits for this one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    pub(super) place: bool,
    pub(super) key: bool,
}

/// What a child shares with the runs above it, as far as each waits for the one below: else they
/// might wait for each other.
pub(super) async fn shares(
    conn: &Session,
    queue: i64,
    parent: Option<Parent>,
    key: Option<&str>,
) -> Outcome<Shared> {
    let Some(parent) = parent.filter(Parent::waits) else {
        return Ok(Shared::default());
    };
    let sql = "WITH RECURSIVE above(run) AS (\
           SELECT run FROM @workflow WHERE run=$1 AND phase=0 UNION \
           SELECT p.run FROM above a JOIN @workflow w ON w.run=a.run \
           JOIN @workflow p ON p.run=w.parent WHERE w.reports AND w.parent_close<>$4 AND p.phase=0) \
         SELECT count(*)>0, count(*) FILTER (WHERE w.ckey=$3)>0 \
         FROM above a JOIN @workflow w ON w.run=a.run \
         WHERE w.queue=$2 AND w.placed IS NOT NULL";
    let left = small(ParentClose::Abandon as u8);
    let found = conn
        .first(sql, &[&parent.run.0, &queue, &key, &left], |row| {
            let mut row = Columns::of(row);
            let (place, key) = (row.next()?, row.next()?);
            Ok(Shared { place, key })
        })
        .await?;
    Ok(found.unwrap_or_default())
}

async fn all(conn: Conn) -> Outcome<Vec<QueueRecord>> {
    let sql = "SELECT (SELECT coalesce(n.whole,n.text) FROM @name n WHERE n.n=c.queue), c.waits, \
           c.runs, (SELECT s.settings FROM @queue s WHERE s.queue=c.queue) FROM (\
         SELECT q.queue, count(*) FILTER (WHERE q.waits) AS waits, \
           count(*) FILTER (WHERE NOT q.waits) AS runs \
         FROM (SELECT queue, false AS waits FROM @workflow WHERE owner IS NOT NULL UNION ALL \
           SELECT r.queue, r.gate>0 OR (w.seq=0 AND r.blocked IS NULL AND w.placed IS NULL) \
           FROM @ready r JOIN @workflow w ON w.run=r.run UNION ALL \
           SELECT queue, NULL FROM @queue) AS q GROUP BY q.queue) AS c";
    let mut found = conn
        .all(sql, &[], |row| {
            let mut row = Columns::of(row);
            Ok(QueueRecord {
                name: names::name(&mut row)?,
                waiting: row.next::<i64>()?.unsigned_abs(),
                running: row.next::<i64>()?.unsigned_abs(),
                settings: plain(&mut row)?,
            })
        })
        .await?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
