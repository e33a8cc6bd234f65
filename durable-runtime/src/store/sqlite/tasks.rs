//! Tasks: attempts of activities that workers of other queues carry out.

use super::error::{Outcome, bug};
use super::fence::ALIVE;
use super::writer::Db;
use super::{SqliteStore, fence, inbox, limit, places, rows};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{
    Fence, FenceError, NewTask, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord,
    TaskWrite, Tasks, Written,
};
use async_trait::async_trait;
use rusqlite::{Connection, Row, ToSql, params};

/// Those that are over, and of which nobody tells their runs yet.
const OVER: &str = "t.worker IS NULL AND (t.cancelled OR t.lost)";

/// Those of a queue (2) and of some activities (3) that are to be carried out.
const OPEN: &str = "t.worker IS NULL AND NOT (t.cancelled OR t.lost) AND t.queue=?2 \
    AND t.activity IN (SELECT n FROM name WHERE text IN (SELECT value FROM json_each(?3)))";

/// Of both; those that are left to others are the first parameter.
const GOES_ON: &str = "(SELECT paused FROM workflow w WHERE w.run=t.run) IS NULL AND NOT EXISTS( \
    SELECT 1 FROM json_each(?1) WHERE value=t.run||':'||t.op||':'||t.attempt)";

fn of(row: &Row<'_>) -> rusqlite::Result<TaskOf> {
    Ok(TaskOf {
        run: RunId(row.get(0)?),
        op: row.get::<_, i64>(1)?.cast_unsigned(),
        attempt: row.get(2)?,
    })
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

/// What the owner of the run writes. That it is the owner was seen before.
pub(super) fn of_owner(db: &mut Db, write: &TaskWrite) -> Outcome<Written> {
    match write {
        TaskWrite::Put(task) => put(db, task)?,
        TaskWrite::Cancel { of, message } => {
            let key = params![of.run.0, of.op.cast_signed(), of.attempt];
            let sql = "DELETE FROM task WHERE run=?1 AND op=?2 AND attempt=?3 AND worker IS NULL";
            if db.conn.prepare_cached(sql)?.execute(key)? > 0 {
                inbox::put(db, of.run, message)?;
            }
            let sql = "UPDATE task SET cancelled=1 WHERE run=?1 AND op=?2 AND attempt=?3";
            db.conn.prepare_cached(sql)?.execute(key)?;
        }
        TaskWrite::Remove { run, op } => settle(db, *run, op.cast_signed())?,
        TaskWrite::Beat { .. }
        | TaskWrite::Begin { .. }
        | TaskWrite::Return { .. }
        | TaskWrite::Report { .. } => {
            return Err(bug("the worker of a task writes that").into());
        }
    }
    db.noteworthy = true;
    Ok(Written::Done)
}

fn put(db: &mut Db, task: &NewTask) -> Outcome<()> {
    let queue = db.names.intern(&db.conn, &task.queue)?;
    let activity = db.names.intern(&db.conn, &task.activity)?;
    db.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO task(run,op,attempt,queue,activity,put_at,body) \
             VALUES(?1,?2,?3,?4,?5,?6,?7)",
        )?
        .execute(params![
            task.of.run.0,
            task.of.op.cast_signed(),
            task.of.attempt,
            queue,
            activity,
            task.put_at.0,
            task.body
        ])?;
    Ok(())
}

/// What the worker of the task writes.
pub(super) fn of_worker(db: &mut Db, worker: Incarnation, write: &TaskWrite) -> Outcome<Written> {
    let key = |of: &TaskOf| (of.run.0, of.op.cast_signed(), of.attempt);
    let own = "WHERE run=?1 AND op=?2 AND attempt=?3 AND worker=?4";
    let (found, told) = match write {
        TaskWrite::Beat { of, at, details } => {
            let (run, op, attempt) = key(of);
            let sql = format!("UPDATE task SET beat_at=?5, details=?6 {own}");
            let values = params![run, op, attempt, worker.0, at.0, details];
            (db.conn.prepare_cached(&sql)?.execute(values)?, None)
        }
        TaskWrite::Begin { of, message } => {
            let (run, op, attempt) = key(of);
            let sql = format!("SELECT 1 FROM task {own}");
            let values = params![run, op, attempt, worker.0];
            let found = rows::first(&db.conn, &sql, values, |_| Ok(()))?;
            (found.iter().count(), Some(message))
        }
        TaskWrite::Return { of } => {
            let (run, op, attempt) = key(of);
            let sql = format!("UPDATE task SET worker=NULL, claimed_at=NULL {own}");
            let values = params![run, op, attempt, worker.0];
            db.noteworthy = true;
            (db.conn.prepare_cached(&sql)?.execute(values)?, None)
        }
        TaskWrite::Report { of, message } => {
            let (run, op, attempt) = key(of);
            let sql = format!("DELETE FROM task {own}");
            let values = params![run, op, attempt, worker.0];
            (
                db.conn.prepare_cached(&sql)?.execute(values)?,
                Some(message),
            )
        }
        TaskWrite::Put(_) | TaskWrite::Cancel { .. } | TaskWrite::Remove { .. } => {
            return Err(bug("the owner of a run writes that").into());
        }
    };
    if found == 0 {
        return Ok(Written::Refused);
    }
    if let Some(message) = told {
        inbox::put(db, write.run(), message)?;
    }
    Ok(Written::Done)
}

/// An operation is over.
pub(super) fn settle(db: &mut Db, run: RunId, op: i64) -> Outcome<()> {
    let sql = "DELETE FROM task WHERE run=?1 AND op=?2";
    let gone = db.conn.prepare_cached(sql)?.execute([run.0, op])?;
    // Its worker is to hear of it.
    db.noteworthy |= gone > 0;
    Ok(())
}

/// A run is over.
pub(super) fn drop_all(db: &mut Db, run: RunId) -> Outcome<()> {
    let sql = "DELETE FROM task WHERE run=?1";
    let gone = db.conn.prepare_cached(sql)?.execute([run.0])?;
    db.noteworthy |= gone > 0;
    Ok(())
}

/// Others may begin what a worker that retires did not end.
pub(super) fn release(db: &Db, worker: Incarnation) -> Outcome<()> {
    let sql = "UPDATE task SET worker=NULL, claimed_at=NULL WHERE worker=?1";
    db.conn.prepare_cached(sql)?.execute([worker.0])?;
    Ok(())
}

/// Others may say that what dead workers had is lost.
pub(super) fn lose(db: &mut Db) -> Outcome<()> {
    let sql = "UPDATE task SET worker=NULL, claimed_at=NULL, lost=1 WHERE worker IS NOT NULL \
               AND NOT EXISTS(SELECT 1 FROM worker w WHERE w.worker=task.worker AND w.state=?1)";
    let lost = db.conn.prepare_cached(sql)?.execute([ALIVE])?;
    db.noteworthy |= lost > 0;
    Ok(())
}

fn claim(db: &Db, fence: Fence, claim: &TaskClaim) -> Outcome<Vec<Task>> {
    fence::pass(db, fence)?;
    let but = names(&others(claim))?;
    let mut tasks = some(db, OVER, params![but, limit(claim.limit)])?;
    let left = claim.limit - tasks.len();
    if let Some(queue) = open_queue(&db.conn, &claim.queue)?.filter(|_| left > 0) {
        let wanted = params![but, queue, names(&claim.activities)?, limit(left)];
        tasks.extend(some(db, OPEN, wanted)?);
    }
    for task in &tasks {
        let TaskOf { run, op, .. } = task.new.of;
        let sql = "UPDATE task SET worker=?3, claimed_at=?4 WHERE run=?1 AND op=?2";
        let key = [run.0, op.cast_signed(), fence.worker.0, claim.now.0];
        db.conn.prepare_cached(sql)?.execute(key)?;
    }
    Ok(tasks)
}

/// The oldest of these, as many as the last parameter says.
fn some(db: &Db, of_these: &str, values: &[&dyn ToSql]) -> Outcome<Vec<Task>> {
    let last = values.len();
    let sql = format!(
        "SELECT t.run, t.op, t.attempt, (SELECT id FROM workflow w WHERE w.run=t.run), \
         (SELECT text FROM name WHERE n=t.activity), t.put_at, t.body, t.beat_at, t.details, \
         t.cancelled, t.lost, (SELECT text FROM name WHERE n=t.queue) \
         FROM task t WHERE {of_these} AND {GOES_ON} ORDER BY t.put_at, t.run, t.op LIMIT ?{last}"
    );
    rows::all(&db.conn, &sql, values, |row| {
        let id: String = row.get(3)?;
        let details = row.get::<_, Option<Vec<u8>>>(8)?;
        Ok(Task {
            id: WorkflowId::new(id).map_err(|error| rows::foreign(3, error.to_string()))?,
            new: NewTask {
                of: of(row)?,
                queue: row.get(11)?,
                activity: row.get(4)?,
                put_at: Timestamp(row.get(5)?),
                body: row.get(6)?,
            },
            beat: time(row, 7)?.map(|at| (at, details.unwrap_or_default())),
            cancelled: row.get(9)?,
            lost: row.get(10)?,
        })
    })
}

/// The number of a queue, if anything was ever put there and it is not paused.
fn open_queue(conn: &Connection, queue: &str) -> Outcome<Option<i64>> {
    let sql = "SELECT n FROM name WHERE text=?1";
    let Some(number) = rows::first(conn, sql, [queue], |row| row.get(0))? else {
        return Ok(None);
    };
    let paused = places::settings(conn, number)?.0.paused;
    Ok(Some(number).filter(|_| !paused))
}

fn names(texts: &[String]) -> Outcome<String> {
    Ok(serde_json::to_string(texts).map_err(|error| bug(error.to_string()))?)
}

/// Those that are left to others, as `GOES_ON` compares them.
fn others(claim: &TaskClaim) -> Vec<String> {
    let text = |of: &TaskOf| format!("{}:{}:{}", of.run.0, of.op.cast_signed(), of.attempt);
    claim.but.iter().map(text).collect()
}

fn has(conn: &Connection, claim: &TaskClaim) -> Outcome<bool> {
    let any = |of_these: &str, values: &[&dyn ToSql]| {
        let sql = format!("SELECT 1 FROM task t WHERE {of_these} AND {GOES_ON} LIMIT 1");
        rows::first(conn, &sql, values, |_| Ok(())).map(|found| found.is_some())
    };
    let but = names(&others(claim))?;
    if any(OVER, params![but])? {
        return Ok(true);
    }
    let wanted = !claim.activities.is_empty();
    match open_queue(conn, &claim.queue)?.filter(|_| wanted) {
        Some(queue) => any(OPEN, params![but, queue, names(&claim.activities)?]),
        None => Ok(false),
    }
}

fn record(row: &Row<'_>) -> rusqlite::Result<TaskRecord> {
    let TaskOf { op, attempt, .. } = of(row)?;
    Ok(TaskRecord {
        op,
        attempt,
        queue: row.get(3)?,
        put_at: Timestamp(row.get(4)?),
        worker: row.get::<_, Option<i64>>(5)?.map(Incarnation),
        claimed_at: time(row, 6)?,
        beat_at: time(row, 7)?,
        cancelled: row.get(8)?,
    })
}

#[async_trait]
impl Tasks for SqliteStore {
    async fn claim_tasks(&self, fence: Fence, wanted: TaskClaim) -> Result<Vec<Task>, FenceError> {
        self.write(wanted.limit, move |db| claim(db, fence, &wanted))
            .await
    }

    async fn has_tasks(&self, claim: &TaskClaim) -> Result<bool, StoreError> {
        let claim = claim.clone();
        let work = move |conn: &_| has(conn, &claim);
        self.readers.call(work).await
    }

    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        let sql = "SELECT run, op, attempt, cancelled FROM task WHERE worker=?1";
        let row = |row: &Row<'_>| Ok((of(row)?, row.get(3)?));
        let work = move |conn: &_| rows::all(conn, sql, [worker.0], row);
        self.readers.call(work).await
    }

    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        let sql = "SELECT run, op, attempt, (SELECT text FROM name WHERE n=queue), put_at, \
                   worker, claimed_at, beat_at, cancelled FROM task WHERE run=?1 ORDER BY op";
        let work = move |conn: &_| rows::all(conn, sql, [run.0], record);
        self.readers.call(work).await
    }

    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        let sql = "SELECT n.text, count(*)-count(t.worker), count(t.worker), \
                   min(iif(t.worker IS NULL,t.put_at,NULL)) \
                   FROM task t JOIN name n ON n.n=t.queue GROUP BY n.text ORDER BY n.text";
        let row = |row: &Row<'_>| {
            Ok(TaskQueue {
                queue: row.get(0)?,
                waiting: row.get::<_, i64>(1)?.cast_unsigned(),
                running: row.get::<_, i64>(2)?.cast_unsigned(),
                since: time(row, 3)?,
            })
        };
        let work = move |conn: &_| rows::all(conn, sql, [], row);
        self.readers.call(work).await
    }
}
