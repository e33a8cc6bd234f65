//! Tasks: attempts of activities that workers of other queues carry out.

use super::db::Db;
use super::error::{Outcome, bug};
use super::fence::ALIVE;
use super::task_line::{self, Opens};
use super::{SqliteStore, fence, inbox, limit, query, rows};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{
    Fence, FenceError, Had, NewTask, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord,
    TaskWrite, Tasks, Written,
};
use async_trait::async_trait;
use rusqlite::{Connection, Row, ToSql, params};

/// Those that are over, and of which nobody tells their runs yet.
const OVER: &str = "t.worker IS NULL AND (t.cancelled OR t.lost)";

/// The runs of these rest; those of tasks in line do not.
const RESTS: &str = "(SELECT paused FROM workflow w WHERE w.run=t.run) IS NOT NULL";

/// Those in the line of a queue (2), of some activities (3).
const OPEN: &str = "t.gate=2 AND t.queue=?2 \
    AND t.activity IN (SELECT n FROM name WHERE text IN (SELECT value FROM json_each(?3)))";

/// They are left to others: the first parameter.
const LEFT: &str = "EXISTS( \
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
            if task_line::frees(db, sql, key)? > 0 {
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
    db.news.noteworthy();
    Ok(Written::Done)
}

fn put(db: &mut Db, task: &NewTask) -> Outcome<()> {
    let queue = db.names.intern(&db.conn, &task.queue)?;
    let activity = db.names.intern(&db.conn, &task.activity)?;
    settle(db, task.of.run, task.of.op.cast_signed())?;
    let (gate, tag) = task_line::gate(db, queue, task)?;
    db.conn
        .prepare_cached(
            "INSERT INTO task(run,op,attempt,queue,activity,put_at,body,lane,gate,tag,queueing,ckey,fkey) \
             VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)",
        )?
        .execute(params![
            task.of.run.0,
            task.of.op.cast_signed(),
            task.of.attempt,
            queue,
            activity,
            task.put_at.0,
            task.body,
            task.queueing.lane(),
            gate,
            tag,
            rows::encoded_queueing(&task.queueing),
            task.queueing.key(),
            task.queueing.turn().0
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
            let back = task_line::BACK;
            let sql = format!("UPDATE task SET worker=NULL, claimed_at=NULL, {back} {own}");
            let values = params![run, op, attempt, worker.0];
            db.news.noteworthy();
            (task_line::frees(db, &sql, values)?, None)
        }
        TaskWrite::Report { of, message } => {
            let (run, op, attempt) = key(of);
            let sql = format!("DELETE FROM task {own}");
            let values = params![run, op, attempt, worker.0];
            (task_line::frees(db, &sql, values)?, Some(message))
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
    let gone = task_line::frees(db, sql, [run.0, op])?;
    // Its worker is to hear of it.
    if gone > 0 {
        db.news.noteworthy();
    }
    Ok(())
}

/// A run is over.
pub(super) fn drop_all(db: &mut Db, run: RunId) -> Outcome<()> {
    let gone = task_line::frees(db, "DELETE FROM task WHERE run=?1", [run.0])?;
    if gone > 0 {
        db.news.noteworthy();
    }
    Ok(())
}

/// Others may begin what a worker that retires did not end.
pub(super) fn release(db: &Db, worker: Incarnation) -> Outcome<()> {
    let back = task_line::BACK;
    let sql = format!("UPDATE task SET worker=NULL, claimed_at=NULL, {back} WHERE worker=?1");
    task_line::frees(db, &sql, [worker.0]).map(drop)
}

/// Others may say that what dead workers had is lost.
pub(super) fn lose(db: &mut Db) -> Outcome<()> {
    let sql = "UPDATE task SET worker=NULL, claimed_at=NULL, lost=1, gate=NULL WHERE worker IS NOT NULL \
               AND NOT EXISTS(SELECT 1 FROM worker w WHERE w.worker=task.worker AND w.state=?1)";
    let lost = task_line::frees(db, sql, [ALIVE])?;
    if lost > 0 {
        db.news.noteworthy();
    }
    Ok(())
}

fn claim(db: &Db, fence: Fence, claim: &TaskClaim) -> Outcome<Vec<Task>> {
    fence::pass(db, fence)?;
    let but = names(&others(claim))?;
    let over = format!("task t WHERE {OVER} AND NOT {RESTS} AND NOT {LEFT} ORDER BY t.put_at");
    let over = some(db, &over, params![but, limit(claim.limit)])?;
    let mut tasks: Vec<Task> = over.into_iter().map(|(task, _)| task).collect();
    carry(db, fence, claim.now, &tasks, None)?;
    let left = claim.limit - tasks.len();
    let queue = query::queue(&db.conn, &claim.queue)?;
    let Some(queue) = queue.filter(|_| left > 0 && !claim.activities.is_empty()) else {
        return Ok(tasks);
    };
    let room = task_line::room(db, queue, claim.now)?.min(left);
    let open =
        format!("task t INDEXED BY task_line WHERE {OPEN} AND NOT {LEFT} ORDER BY t.lane, t.tag");
    let wanted = params![but, queue, names(&claim.activities)?, limit(room)];
    let (open, turns): (Vec<_>, Vec<_>) = some(db, &open, wanted)?.into_iter().unzip();
    carry(db, fence, claim.now, &open, Some(task_line::CARRIED))?;
    task_line::served(db, queue, turns, claim.now)?;
    tasks.extend(open);
    Ok(tasks)
}

fn carry(db: &Db, fence: Fence, now: Timestamp, tasks: &[Task], gate: Option<i64>) -> Outcome<()> {
    for task in tasks {
        let TaskOf { run, op, .. } = task.new.of;
        let sql = "UPDATE task SET worker=?3, claimed_at=?4, gate=?5 WHERE run=?1 AND op=?2";
        let values = params![run.0, op.cast_signed(), fence.worker.0, now.0, gate];
        db.conn.prepare_cached(sql)?.execute(values)?;
    }
    Ok(())
}

/// The first of these, as many as the last parameter says, with their turns.
fn some(db: &Db, of_these: &str, values: &[&dyn ToSql]) -> Outcome<Vec<(Task, Had)>> {
    let last = values.len();
    let sql = format!(
        "SELECT t.run, t.op, t.attempt, (SELECT id FROM workflow w WHERE w.run=t.run), \
         (SELECT text FROM name WHERE n=t.activity), t.put_at, t.body, t.beat_at, t.details, \
         t.cancelled, t.lost, (SELECT text FROM name WHERE n=t.queue), t.queueing, \
         coalesce(t.tag,0) FROM {of_these}, t.run, t.op LIMIT ?{last}"
    );
    rows::all(&db.conn, &sql, values, |row| {
        let id: String = row.get(3)?;
        let details = row.get::<_, Option<Vec<u8>>>(8)?;
        let task = Task {
            id: WorkflowId::new(id).map_err(|error| rows::foreign(3, error.to_string()))?,
            new: NewTask {
                of: of(row)?,
                queue: row.get(11)?,
                queueing: rows::queueing(row, 12)?,
                activity: row.get(4)?,
                put_at: Timestamp(row.get(5)?),
                body: row.get(6)?,
            },
            beat: time(row, 7)?.map(|at| (at, details.unwrap_or_default())),
            cancelled: row.get(9)?,
            lost: row.get(10)?,
        };
        let had = task.new.queueing.had(row.get(13)?);
        Ok((task, had))
    })
}

fn names(texts: &[String]) -> Outcome<String> {
    Ok(serde_json::to_string(texts).map_err(|error| bug(error.to_string()))?)
}

/// Those that are left to others, as `LEFT` compares them.
fn others(claim: &TaskClaim) -> Vec<String> {
    let text = |of: &TaskOf| format!("{}:{}:{}", of.run.0, of.op.cast_signed(), of.attempt);
    claim.but.iter().map(text).collect()
}

fn due(conn: &Connection, claim: &TaskClaim) -> Outcome<Option<Timestamp>> {
    let any = |of_these: &str, values: &[&dyn ToSql]| {
        let sql = format!("SELECT 1 FROM {of_these} AND NOT {LEFT} LIMIT 1");
        rows::first(conn, &sql, values, |_| Ok(())).map(|found| found.is_some())
    };
    let but = names(&others(claim))?;
    if any(
        &format!("task t WHERE {OVER} AND NOT {RESTS}"),
        params![but],
    )? {
        return Ok(Some(claim.now));
    }
    let queue = query::queue(conn, &claim.queue)?;
    let Some(queue) = queue.filter(|_| !claim.activities.is_empty()) else {
        return Ok(None);
    };
    let opens = task_line::opens(conn, queue, claim.now)?;
    let wanted = params![but, queue, names(&claim.activities)?];
    let open = format!("task t INDEXED BY task_line WHERE {OPEN}");
    Ok(match opens {
        Some((at, Opens::Joins)) => Some(at),
        Some((at, Opens::Room)) if any(&open, wanted)? => Some(at),
        _ => None,
    })
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
        waits_for: None,
    })
}

fn of_run(conn: &Connection, run: RunId) -> Outcome<Vec<TaskRecord>> {
    let moment = conn.unchecked_transaction()?;
    let sql = "SELECT run, op, attempt, (SELECT text FROM name WHERE n=queue), put_at, \
        worker, claimed_at, beat_at, cancelled, queue, gate, ckey FROM task WHERE run=?1 ORDER BY op";
    let found = rows::all(&moment, sql, [run.0], |row| {
        let stands: (i64, Option<i64>, Option<String>) = (row.get(9)?, row.get(10)?, row.get(11)?);
        Ok((record(row)?, stands))
    })?;
    let records = found.into_iter().map(|(record, (queue, gate, key))| {
        let waits_for = task_line::waits_for(&moment, queue, gate, key)?;
        Ok(TaskRecord {
            waits_for,
            ..record
        })
    });
    records.collect()
}

#[async_trait]
impl Tasks for SqliteStore {
    async fn claim_tasks(&self, fence: Fence, wanted: TaskClaim) -> Result<Vec<Task>, FenceError> {
        self.write(wanted.limit, move |db| claim(db, fence, &wanted))
            .await
    }

    async fn tasks_due(&self, claim: &TaskClaim) -> Result<Option<Timestamp>, StoreError> {
        let claim = claim.clone();
        let work = move |conn: &_| due(conn, &claim);
        self.readers.call(work).await
    }

    async fn task_depth(&self, queue: &str, at_most: usize) -> Result<(usize, usize), StoreError> {
        let queue = queue.to_owned();
        let work = move |conn: &_| match query::queue(conn, &queue)? {
            Some(queue) => task_line::depth(conn, queue, at_most),
            None => Ok((0, 0)),
        };
        self.readers.call(work).await
    }

    async fn tasks_of(&self, worker: Incarnation) -> Result<Vec<(TaskOf, bool)>, StoreError> {
        let sql = "SELECT run, op, attempt, cancelled FROM task WHERE worker=?1";
        let row = |row: &Row<'_>| Ok((of(row)?, row.get(3)?));
        let work = move |conn: &_| rows::all(conn, sql, [worker.0], row);
        self.readers.call(work).await
    }

    async fn tasks(&self, run: RunId) -> Result<Vec<TaskRecord>, StoreError> {
        let work = move |conn: &_| of_run(conn, run);
        self.readers.call(work).await
    }

    async fn task_queues(&self) -> Result<Vec<TaskQueue>, StoreError> {
        let sql = "SELECT n.text, count(*)-sum(t.gate IS 0), sum(t.gate IS 0), \
                   min(iif(t.gate IS 0,NULL,t.put_at)) \
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
