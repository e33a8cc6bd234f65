//! The line of activities before a queue: how many workers carry out, and who is next.
//!
//! What the gates of `task` mean is said in `sqlite/task_line.rs`; the columns are the same. The row of
//! such a line in `line` has the negative number of its queue, and stays: whoever puts a task there,
//! claims one, or takes away one with a key has taken it.

use super::error::Outcome;
use super::line;
use super::rows::plain;
use super::session::{Columns, Session, Values, number};
use super::text::Key;
use super::transact::Tx;
use crate::id::{RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, Had, NewTask, QueueSettings, Queueing, TaskWait};
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// A worker carries it out.
pub(super) const CARRIED: i16 = 0;
/// It joins the line in the next claim.
const JOINS: i16 = 1;
const LINE: i16 = 2;
/// Others of its concurrency key come first.
const KEY: i16 = 4;
/// Its run rests.
const RESTS: i16 = 5;

/// Where a task is that its worker does not carry out any more: before all others of its lane. The row
/// of its run was taken, which says whether that rests.
pub(super) const BACK: &str = "tag=-1, gate=CASE WHEN cancelled OR lost OR gate IS NULL THEN NULL \
    WHEN (SELECT paused FROM @workflow w WHERE w.run=k.run) IS NOT NULL THEN 5 ELSE 2 END";

/// A task that is about to wait.
#[derive(Debug)]
struct Waits<'a> {
    queue: i64,
    queueing: &'a Queueing,
}

/// Takes the lines of tasks of these queues.
pub(super) async fn take(tx: &Tx, queues: impl IntoIterator<Item = i64>) -> Outcome<()> {
    let lines = queues.into_iter().map(|queue| -queue).collect();
    line::begin(tx, &lines).await
}

/// Where a task is put: its gate and its tag.
pub(super) async fn gate(tx: &Tx, queue: i64, task: &NewTask) -> Outcome<(i16, Option<i64>)> {
    let sql = "SELECT 1 FROM @workflow WHERE run=$1 AND paused IS NOT NULL";
    if tx.any(sql, &[&task.of.run.0]).await? {
        return Ok((RESTS, None));
    }
    if any_joins(tx, queue).await? {
        // They are before it.
        return Ok((JOINS, None));
    }
    let queueing = &task.queueing;
    Waits { queue, queueing }.joins(tx).await
}

impl Waits<'_> {
    async fn joins(&self, tx: &Tx) -> Outcome<(i16, Option<i64>)> {
        if let Some(key) = self.queueing.key().map(Key::new) {
            let limit = self.limit(tx).await?;
            // Without a limit nobody is counted, but one that has a limit is not passed.
            if behind(tx, self.queue, key.as_str()).await?.is_some()
                || limit < u64::from(u32::MAX)
                    && of_key(tx, self.queue, key.as_str()).await? >= limit
            {
                return Ok((KEY, None));
            }
        }
        self.stands(tx).await
    }

    async fn limit(&self, tx: &Tx) -> Outcome<u64> {
        let per_key = settings(tx, self.queue).await?.0.per_key;
        Ok(self.queueing.key_limit(per_key))
    }

    async fn stands(&self, tx: &Tx) -> Outcome<(i16, Option<i64>)> {
        // What was given back stands before all, and is no place to stand behind.
        let last = "SELECT tag, queueing FROM @task WHERE gate=2 AND queue=$1 AND lane=$2 \
            AND fkey=$3 AND tag>=0 ORDER BY tag DESC LIMIT 1";
        let tag = line::tag(tx, (self.queue, last), -self.queue, self.queueing).await?;
        Ok((LINE, Some(tag)))
    }
}

/// What holds for the activities of a queue, and how their bucket is filled.
pub(super) async fn settings(conn: &Session, queue: i64) -> Outcome<(QueueSettings, i64)> {
    let sql = "SELECT settings, activities_filled FROM @queue WHERE queue=$1";
    let found = conn
        .first(sql, &[&queue], |row| {
            let mut row = Columns::of(row);
            let settings: QueueSettings = plain(&mut row)?;
            Ok((settings.of_activities(), row.next()?))
        })
        .await?;
    Ok(found.unwrap_or_default())
}

async fn count(conn: &Session, sql: &str, values: Values<'_>) -> Outcome<u64> {
    let found = conn
        .first(sql, values, |row| Columns::of(row).next())
        .await?;
    Ok(found.map_or(0, i64::unsigned_abs))
}

/// How many are carried out, if that is limited.
async fn carried(conn: &Session, queue: i64, settings: &QueueSettings) -> Outcome<u64> {
    if settings.concurrency.is_none() {
        return Ok(0);
    }
    let sql = "SELECT count(*) FROM @task WHERE gate=0 AND queue=$1";
    count(conn, sql, &[&queue]).await
}

/// How many of a concurrency key are carried out, or in line.
async fn of_key(conn: &Session, queue: i64, key: &str) -> Outcome<u64> {
    let sql = "SELECT (SELECT count(*) FROM @task WHERE gate=0 AND queue=$1 AND ckey=$2) \
        + (SELECT count(*) FROM @task \
          WHERE ckey IS NOT NULL AND gate=2 AND queue=$1 AND ckey=$2)";
    count(conn, sql, &[&queue, &key]).await
}

/// The number of a task, and what is said of its turn.
type Waiting = (i64, i64, Queueing);

fn waiting(row: &Row) -> Outcome<Waiting> {
    let mut row = Columns::of(row);
    Ok((row.next()?, row.next()?, plain(&mut row)?))
}

/// The first that waits behind others of its concurrency key.
async fn behind(conn: &Session, queue: i64, key: &str) -> Outcome<Option<Waiting>> {
    let sql = "SELECT run, op, queueing FROM @task WHERE gate=4 AND queue=$1 AND ckey=$2 \
        ORDER BY lane, put_at, run, op LIMIT 1";
    conn.first(sql, &[&queue, &key], waiting).await
}

async fn any_joins(conn: &Session, queue: i64) -> Outcome<bool> {
    let sql = "SELECT 1 FROM @task WHERE gate=1 AND queue=$1 LIMIT 1";
    conn.any(sql, &[&queue]).await
}

/// It waits in another way, if it does so still.
async fn set(
    tx: &Tx,
    (run, op): (i64, i64),
    from: i16,
    (gate, tag): (i16, Option<i64>),
) -> Outcome<bool> {
    let sql = "UPDATE @task SET gate=$4, tag=$5 WHERE run=$1 AND op=$2 AND gate=$3";
    let done = tx.execute(sql, &[&run, &op, &from, &gate, &tag]).await?;
    Ok(done > 0)
}

/// One of this key has gone: those behind it join the line, as many as may.
async fn freed(tx: &Tx, queue: i64, key: &str) -> Outcome<()> {
    take(tx, [queue]).await?;
    while let Some((run, op, queueing)) = behind(tx, queue, key).await? {
        let queueing = &queueing;
        let next = Waits { queue, queueing };
        if of_key(tx, queue, key).await? >= next.limit(tx).await? {
            break;
        }
        let to = next.stands(tx).await?;
        set(tx, (run, op), KEY, to).await?;
    }
    Ok(())
}

/// Does to tasks (`k`) what frees their places: others of their keys join the line. How many there were.
pub(super) async fn frees(tx: &Tx, sql: &str, values: Values<'_>) -> Outcome<usize> {
    let sql = format!("{sql} RETURNING k.queue, k.ckey");
    let freed = tx
        .all(&sql, values, |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<i64>()?, row.next::<Option<String>>()?))
        })
        .await?;
    let gone = freed.len();
    let keys = freed
        .into_iter()
        .filter_map(|(queue, key)| Some((queue, key?)));
    for (queue, key) in keys.collect::<BTreeSet<_>>() {
        self::freed(tx, queue, &key).await?;
    }
    Ok(gone)
}

/// Tasks of a run that rests leave the line.
pub(super) async fn rest(tx: &Tx, run: RunId) -> Outcome<()> {
    let sql = "UPDATE @task k SET gate=5 WHERE run=$1 AND gate IN (1,2,4)";
    frees(tx, sql, &[&run.0]).await.map(drop)
}

/// They join it anew when it goes on.
pub(super) async fn go_on(tx: &Tx, run: RunId) -> Outcome<()> {
    let sql = "UPDATE @task SET gate=1 WHERE run=$1 AND gate=5";
    tx.execute(sql, &[&run.0]).await?;
    Ok(())
}

/// Lets everybody who waits join anew, under other settings.
pub(super) async fn rearrange(tx: &Tx, queue: i64) -> Outcome<()> {
    for sql in [
        "UPDATE @task SET gate=1, tag=NULL WHERE gate=2 AND queue=$1",
        "UPDATE @task SET gate=1, tag=NULL WHERE gate=4 AND queue=$1",
    ] {
        tx.execute(sql, &[&queue]).await?;
    }
    line::forget(tx, -queue).await
}

/// For how many more there is room, after those have joined the line that are to.
pub(super) async fn room(tx: &Tx, queue: i64, now: Timestamp) -> Outcome<usize> {
    let (settings, mut filled) = settings(tx, queue).await?;
    if settings.paused {
        return Ok(0);
    }
    let sql = "SELECT run, op, queueing FROM @task WHERE gate=1 AND queue=$1 \
        ORDER BY put_at, run, op LIMIT $2";
    let join = tx
        .all(sql, &[&queue, &number(ARRIVALS_MAX)], waiting)
        .await?;
    for (run, op, queueing) in join {
        let queueing = &queueing;
        let to = Waits { queue, queueing }.joins(tx).await?;
        set(tx, (run, op), JOINS, to).await?;
    }
    if let Some(empty) = settings.rate.and_then(|rate| rate.emptied(filled, now)) {
        filled = empty;
        fill(tx, queue, filled).await?;
    }
    Ok(settings.room(carried(tx, queue, &settings).await?, filled, now))
}

/// Those whose turns these were are carried out from now on.
pub(super) async fn served(tx: &Tx, queue: i64, turns: Vec<Had>, now: Timestamp) -> Outcome<()> {
    if turns.is_empty() {
        return Ok(());
    }
    let (settings, filled) = settings(tx, queue).await?;
    if let Some(rate) = settings.rate {
        fill(tx, queue, rate.take(filled, now, turns.len())).await?;
    }
    line::advance(tx, -queue, turns).await?;
    let waits = "SELECT 1 WHERE EXISTS(SELECT 1 FROM @task WHERE gate=2 AND queue=$1) \
        OR EXISTS(SELECT 1 FROM @task WHERE gate=1 AND queue=$1) \
        OR EXISTS(SELECT 1 FROM @task WHERE gate=4 AND queue=$1)";
    if !tx.any(waits, &[&queue]).await? {
        line::forget(tx, -queue).await?;
    }
    Ok(())
}

async fn fill(tx: &Tx, queue: i64, filled: i64) -> Outcome<()> {
    let sql = "UPDATE @queue SET activities_filled=$2 WHERE queue=$1";
    tx.execute(sql, &[&queue, &filled]).await?;
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
pub(super) async fn opens(
    conn: &Session,
    queue: i64,
    now: Timestamp,
) -> Outcome<Option<(Timestamp, Opens)>> {
    let (settings, filled) = settings(conn, queue).await?;
    if !settings.paused && any_joins(conn, queue).await? {
        return Ok(Some((now, Opens::Joins)));
    }
    let carried = carried(conn, queue, &settings).await?;
    let opens = settings.opens(carried, filled, now);
    Ok(opens.map(|at| (at.max(now), Opens::Room)))
}

/// What a task waits for that stands so.
pub(super) async fn waits_for(
    conn: &Session,
    queue: i64,
    gate: Option<i16>,
    queueing: &Queueing,
) -> Outcome<Option<TaskWait>> {
    let (settings, filled) = settings(conn, queue).await?;
    Ok(Some(match gate {
        None | Some(CARRIED) => return Ok(None),
        Some(RESTS) => TaskWait::PausedRun,
        _ if settings.paused => TaskWait::PausedQueue,
        Some(KEY) => TaskWait::Key(queueing.key().unwrap_or_default().to_owned()),
        _ => TaskWait::in_line(&settings, carried(conn, queue, &settings).await?, filled),
    }))
}

/// How many are ready for a worker, and how many are carried out; each counted up to `at_most`.
pub(super) async fn depth(conn: &Session, queue: i64, at_most: usize) -> Outcome<(usize, usize)> {
    let count = async |of_these: &str| {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM @task WHERE {of_these} AND queue=$1 LIMIT $2) AS t"
        );
        let found = count(conn, &sql, &[&queue, &number(at_most)]).await?;
        Ok::<_, super::error::Fault>(usize::try_from(found).unwrap_or(usize::MAX))
    };
    let waiting = count("gate=2").await? + count("gate=1").await?;
    Ok((waiting.min(at_most), count("gate=0").await?))
}
