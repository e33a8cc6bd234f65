//! Tasks: attempts of activities that workers of other queues carry out.

use super::error::{Outcome, bug};
use super::names::{name, name_of};
use super::rows::{self, encoded, lane, plain};
use super::session::{Columns, Session, Values, number};
use super::task_line::{self, Opens};
use super::text::Key;
use super::transact::Tx;
use super::{inbox, names};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    Fence, Had, NewTask, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, TaskWrite, Written,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Those that are over, and of which nobody tells their runs yet; not those whose runs rest.
const OVER: &str = "t.worker IS NULL AND (t.cancelled OR t.lost) \
    AND (SELECT paused FROM @workflow w WHERE w.run=t.run) IS NULL";

/// Those in the line of a queue (4), of some activities (5).
const OPEN: &str = "t.gate=2 AND t.queue=$4 AND t.activity=ANY($5)";

/// They are not left to others: the first three parameters.
const MINE: &str = "(t.run,t.op,t.attempt) NOT IN (\
    SELECT * FROM unnest($1::bigint[],$2::bigint[],$3::bigint[]))";

fn of(row: &mut Columns<'_>) -> Outcome<TaskOf> {
    Ok(TaskOf {
        run: RunId(row.next()?),
        op: row.next::<i64>()?.cast_unsigned(),
        attempt: attempt(row.next()?)?,
    })
}

fn attempt(number: i64) -> Outcome<u32> {
    u32::try_from(number).map_err(|_| bug(format!("attempt {number}")).into())
}

/// The names that writes about tasks mention.
pub(super) fn names(write: &TaskWrite) -> impl Iterator<Item = Cow<'_, str>> {
    let put = match write {
        TaskWrite::Put(task) => Some([&task.queue, &task.activity]),
        _ => None,
    };
    put.into_iter().flatten().map(|name| Cow::Borrowed(&**name))
}

/// Applies writes one after the other: of those that owners of runs write, only where `worker` is the
/// owner, which does not change under its fence.
pub(super) async fn write(
    tx: &Tx,
    worker: Incarnation,
    writes: &[&TaskWrite],
) -> Outcome<Vec<Written>> {
    take(tx, writes).await?;
    let owned = writes.iter().filter(|write| write.is_of_owner());
    let owned: BTreeSet<_> = owned.map(|write| write.run().0).collect();
    let owned: Vec<_> = owned.into_iter().collect();
    let sql = "SELECT run FROM @workflow WHERE run=ANY($1) AND owner=$2";
    let owned: BTreeSet<RunId> = tx
        .all(sql, &[&owned, &worker.0], |row| {
            Ok(RunId(Columns::of(row).next()?))
        })
        .await?
        .into_iter()
        .collect();
    let mut written = Vec::with_capacity(writes.len());
    for write in writes {
        written.push(if !write.is_of_owner() {
            of_worker(tx, worker, write).await?
        } else if owned.contains(&write.run()) {
            of_owner(tx, write).await?
        } else {
            Written::Refused
        });
    }
    Ok(written)
}

/// Takes the lines and the runs that the writes have to do with, in this order.
async fn take(tx: &Tx, writes: &[&TaskWrite]) -> Outcome<()> {
    let (mut lines, mut runs) = (BTreeSet::new(), BTreeSet::new());
    let (mut of_runs, mut ops) = (Vec::new(), Vec::new());
    for write in writes {
        let op = match write {
            TaskWrite::Put(task) => {
                lines.insert(tx.name(&task.queue)?);
                task.of.op
            }
            TaskWrite::Remove { op, .. } => *op,
            TaskWrite::Beat { .. } => continue,
            TaskWrite::Cancel { of, .. }
            | TaskWrite::Begin { of, .. }
            | TaskWrite::Return { of }
            | TaskWrite::Report { of, .. } => of.op,
        };
        of_runs.push(write.run().0);
        ops.push(op.cast_signed());
        if !matches!(write, TaskWrite::Remove { .. }) {
            runs.insert(write.run().0);
        }
    }
    if of_runs.is_empty() {
        return Ok(());
    }
    let sql = "SELECT k.queue FROM @task k JOIN unnest($1::bigint[],$2::bigint[]) AS t(run,op) \
        ON k.run=t.run AND k.op=t.op WHERE k.ckey IS NOT NULL";
    lines.extend(
        tx.all(sql, &[&of_runs, &ops], |row| Columns::of(row).next::<i64>())
            .await?,
    );
    task_line::take(tx, lines).await?;
    let runs: Vec<_> = runs.into_iter().collect();
    let sql = "SELECT 1 FROM @workflow WHERE run=ANY($1) ORDER BY run FOR NO KEY UPDATE";
    tx.execute(sql, &[&runs]).await?;
    Ok(())
}

/// What the owner of the run writes.
async fn of_owner(tx: &Tx, write: &TaskWrite) -> Outcome<Written> {
    match write {
        TaskWrite::Put(task) => put(tx, task).await?,
        TaskWrite::Cancel { of, message } => {
            let (run, op, attempt) = key(*of);
            let sql =
                "DELETE FROM @task k WHERE run=$1 AND op=$2 AND attempt=$3 AND worker IS NULL";
            if task_line::frees(tx, sql, &[&run, &op, &attempt]).await? > 0 {
                inbox::put(tx, of.run, message).await?;
            }
            let sql = "UPDATE @task SET cancelled=true WHERE run=$1 AND op=$2 AND attempt=$3";
            tx.execute(sql, &[&run, &op, &attempt]).await?;
        }
        TaskWrite::Remove { run, op } => settle(tx, &[(*run, op.cast_signed())]).await?,
        TaskWrite::Beat { .. }
        | TaskWrite::Begin { .. }
        | TaskWrite::Return { .. }
        | TaskWrite::Report { .. } => {
            return Err(bug("the worker of a task writes that").into());
        }
    }
    tx.news().noteworthy();
    Ok(Written::Done)
}

fn key(of: TaskOf) -> (i64, i64, i64) {
    (of.run.0, of.op.cast_signed(), i64::from(of.attempt))
}

async fn put(tx: &Tx, task: &NewTask) -> Outcome<()> {
    let (queue, activity) = (tx.name(&task.queue)?, tx.name(&task.activity)?);
    let (run, op, attempt) = key(task.of);
    settle(tx, &[(task.of.run, op)]).await?;
    let (gate, tag) = task_line::gate(tx, queue, task).await?;
    tx.execute(
        "INSERT INTO @task(run,op,attempt,queue,activity,put_at,body,lane,gate,tag,queueing,ckey,\
         fkey) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
        &[
            &run,
            &op,
            &attempt,
            &queue,
            &activity,
            &task.put_at.0,
            &task.body,
            &lane(task.queueing.lane())?,
            &gate,
            &tag,
            &encoded(&task.queueing),
            &task.queueing.key().map(Key::new),
            &Key::new(task.queueing.turn().0),
        ],
    )
    .await?;
    Ok(())
}

/// What the worker of the task writes.
async fn of_worker(tx: &Tx, worker: Incarnation, write: &TaskWrite) -> Outcome<Written> {
    const OWN: &str = "WHERE k.run=$1 AND k.op=$2 AND k.attempt=$3 AND k.worker=$4";
    let (found, told) = match write {
        TaskWrite::Beat { of, at, details } => {
            let (run, op, attempt) = key(*of);
            let sql = format!("UPDATE @task k SET beat_at=$5, details=$6 {OWN}");
            let values: Values<'_> = &[&run, &op, &attempt, &worker.0, &at.0, details];
            (tx.execute(&sql, values).await? > 0, None)
        }
        TaskWrite::Begin { of, message } => {
            let (run, op, attempt) = key(*of);
            // Nobody takes it away before this transaction is over.
            let sql = format!("SELECT 1 FROM @task k {OWN} FOR NO KEY UPDATE");
            let values: Values<'_> = &[&run, &op, &attempt, &worker.0];
            (tx.any(&sql, values).await?, Some(message))
        }
        TaskWrite::Return { of } => {
            let (run, op, attempt) = key(*of);
            let back = task_line::BACK;
            let sql = format!("UPDATE @task k SET worker=NULL, claimed_at=NULL, {back} {OWN}");
            tx.news().noteworthy();
            let values: Values<'_> = &[&run, &op, &attempt, &worker.0];
            (task_line::frees(tx, &sql, values).await? > 0, None)
        }
        TaskWrite::Report { of, message } => {
            let (run, op, attempt) = key(*of);
            let sql = format!("DELETE FROM @task k {OWN}");
            let values: Values<'_> = &[&run, &op, &attempt, &worker.0];
            (task_line::frees(tx, &sql, values).await? > 0, Some(message))
        }
        TaskWrite::Put(_) | TaskWrite::Cancel { .. } | TaskWrite::Remove { .. } => {
            return Err(bug("the owner of a run writes that").into());
        }
    };
    if !found {
        return Ok(Written::Refused);
    }
    if let Some(message) = told {
        inbox::put(tx, write.run(), message).await?;
    }
    Ok(Written::Done)
}

/// Operations of runs are over.
pub(super) async fn settle(tx: &Tx, operations: &[(RunId, i64)]) -> Outcome<()> {
    if operations.is_empty() {
        return Ok(());
    }
    let runs: Vec<_> = operations.iter().map(|(run, _)| run.0).collect();
    let ops: Vec<_> = operations.iter().map(|(_, op)| *op).collect();
    let sql = "DELETE FROM @task k USING unnest($1::bigint[],$2::bigint[]) AS t(run,op) \
        WHERE k.run=t.run AND k.op=t.op";
    gone(tx, sql, &[&runs, &ops]).await
}

/// Runs are over.
pub(super) async fn drop_all(tx: &Tx, runs: &[i64]) -> Outcome<()> {
    if runs.is_empty() {
        return Ok(());
    }
    gone(tx, "DELETE FROM @task k WHERE k.run=ANY($1)", &[&runs]).await
}

async fn gone(tx: &Tx, sql: &str, values: Values<'_>) -> Outcome<()> {
    if task_line::frees(tx, sql, values).await? > 0 {
        // Their workers are to hear of it.
        tx.news().noteworthy();
    }
    Ok(())
}

/// Others may begin what a worker that retires did not end.
pub(super) async fn release(tx: &Tx, worker: Incarnation) -> Outcome<()> {
    let held = "SELECT run, queue FROM @task WHERE worker=$1";
    let held = tx
        .all(held, &[&worker.0], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<i64>()?, row.next::<i64>()?))
        })
        .await?;
    if held.is_empty() {
        return Ok(());
    }
    task_line::take(tx, held.iter().map(|(_, queue)| *queue)).await?;
    let runs: Vec<_> = held.iter().map(|(run, _)| *run).collect();
    let sql = "SELECT 1 FROM @workflow WHERE run=ANY($1) ORDER BY run FOR NO KEY UPDATE";
    tx.execute(sql, &[&runs]).await?;
    let back = task_line::BACK;
    let sql = format!("UPDATE @task k SET worker=NULL, claimed_at=NULL, {back} WHERE k.worker=$1");
    task_line::frees(tx, &sql, &[&worker.0]).await.map(drop)
}

/// Others may say that what dead workers had is lost.
pub(super) async fn lose(tx: &Tx) -> Outcome<()> {
    let sql = "UPDATE @task k SET worker=NULL, claimed_at=NULL, lost=true, gate=NULL \
        WHERE k.worker IS NOT NULL AND NOT EXISTS(\
          SELECT 1 FROM @worker w WHERE w.worker=k.worker AND w.state=0)";
    gone(tx, sql, &[]).await
}

/// Those that are left to others, as [`MINE`] compares them.
struct Others([Vec<i64>; 3]);

impl Others {
    fn of(claim: &TaskClaim) -> Self {
        let of = || claim.but.iter();
        Self([
            of().map(|of| of.run.0).collect(),
            of().map(|of| of.op.cast_signed()).collect(),
            of().map(|of| i64::from(of.attempt)).collect(),
        ])
    }
}

/// The numbers of activities that somebody has named before.
async fn activities(conn: &Session, claim: &TaskClaim) -> Outcome<Vec<i64>> {
    let keys: Vec<_> = claim.activities.iter().map(|name| Key::new(name)).collect();
    let sql = "SELECT n FROM @name WHERE text=ANY($1)";
    conn.all(sql, &[&keys], |row| Columns::of(row).next()).await
}

pub(super) async fn claim(tx: Tx, fence: Fence, claim: &TaskClaim) -> Outcome<Vec<Task>> {
    let Others([runs, ops, attempts]) = Others::of(claim);
    let over = format!("{OVER} AND {MINE} ORDER BY t.put_at, t.run, t.op LIMIT $4");
    let values: Values<'_> = &[&runs, &ops, &attempts, &number(claim.limit)];
    let over = some(&tx, &over, values).await?;
    let mut tasks: Vec<Task> = over.into_iter().map(|(task, _)| task).collect();
    carry(&tx, fence, claim.now, &tasks, None).await?;
    let left = claim.limit - tasks.len();
    if left == 0 || claim.activities.is_empty() {
        return Ok(tasks);
    }
    let Some(queue) = names::number_of(&tx, &claim.queue).await? else {
        return Ok(tasks);
    };
    if !is_waited_in(&tx, queue).await? {
        return Ok(tasks);
    }
    task_line::take(&tx, [queue]).await?;
    let room = task_line::room(&tx, queue, claim.now).await?.min(left);
    let wanted = activities(&tx, claim).await?;
    let open = format!("{OPEN} AND {MINE} ORDER BY t.lane, t.tag, t.run, t.op LIMIT $6");
    let values: Values<'_> = &[&runs, &ops, &attempts, &queue, &wanted, &number(room)];
    let open = some(&tx, &open, values).await?;
    let (open, turns): (Vec<_>, Vec<_>) = open.into_iter().unzip();
    carry(&tx, fence, claim.now, &open, Some(task_line::CARRIED)).await?;
    task_line::served(&tx, queue, turns, claim.now).await?;
    tasks.extend(open);
    Ok(tasks)
}

/// Whether any task waits in a queue: else its line is left alone.
async fn is_waited_in(conn: &Session, queue: i64) -> Outcome<bool> {
    let sql = "SELECT 1 WHERE EXISTS(SELECT 1 FROM @task WHERE gate=2 AND queue=$1) \
        OR EXISTS(SELECT 1 FROM @task WHERE gate=1 AND queue=$1)";
    conn.any(sql, &[&queue]).await
}

async fn carry(
    tx: &Tx,
    fence: Fence,
    now: Timestamp,
    tasks: &[Task],
    gate: Option<i16>,
) -> Outcome<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let runs: Vec<_> = tasks.iter().map(|task| task.new.of.run.0).collect();
    let ops: Vec<_> = tasks
        .iter()
        .map(|task| task.new.of.op.cast_signed())
        .collect();
    let sql = "UPDATE @task k SET worker=$3, claimed_at=$4, gate=$5 \
        FROM unnest($1::bigint[],$2::bigint[]) AS t(run,op) WHERE k.run=t.run AND k.op=t.op";
    tx.execute(sql, &[&runs, &ops, &fence.worker.0, &now.0, &gate])
        .await?;
    Ok(())
}

/// The first of these, which this takes and nobody has taken, with their turns.
async fn some(tx: &Tx, of_these: &str, values: Values<'_>) -> Outcome<Vec<(Task, Had)>> {
    let sql = format!(
        "SELECT t.run, t.op, t.attempt, (SELECT id FROM @workflow w WHERE w.run=t.run), {}, \
         t.put_at, t.body, t.beat_at, t.details, t.cancelled, t.lost, {}, t.queueing, \
         coalesce(t.tag,0) FROM @task t WHERE {of_these} FOR NO KEY UPDATE OF t SKIP LOCKED",
        name_of!("t.activity"),
        name_of!("t.queue"),
    );
    tx.all(&sql, values, task).await
}

fn task(row: &Row) -> Outcome<(Task, Had)> {
    let mut row = Columns::of(row);
    let row = &mut row;
    let (of, id, activity) = (of(row)?, rows::id(row)?, name(row)?);
    let (put_at, body) = (Timestamp(row.next()?), row.next()?);
    let (beat_at, details) = (rows::time(row)?, row.next::<Option<Vec<u8>>>()?);
    let (cancelled, lost, queue) = (row.next()?, row.next()?, name(row)?);
    let task = Task {
        id,
        new: NewTask {
            of,
            queue,
            queueing: plain(row)?,
            activity,
            put_at,
            body,
        },
        beat: beat_at.map(|at| (at, details.unwrap_or_default())),
        cancelled,
        lost,
    };
    let had = task.new.queueing.had(row.next()?);
    Ok((task, had))
}

pub(super) async fn due(conn: &Session, claim: &TaskClaim) -> Outcome<Option<Timestamp>> {
    let Others([runs, ops, attempts]) = Others::of(claim);
    let over = format!("SELECT 1 FROM @task t WHERE {OVER} AND {MINE} LIMIT 1");
    if conn.any(&over, &[&runs, &ops, &attempts]).await? {
        return Ok(Some(claim.now));
    }
    if claim.activities.is_empty() {
        return Ok(None);
    }
    let Some(queue) = names::number_of(conn, &claim.queue).await? else {
        return Ok(None);
    };
    let wanted = activities(conn, claim).await?;
    let open = format!("SELECT 1 FROM @task t WHERE {OPEN} AND {MINE} LIMIT 1");
    let values: Values<'_> = &[&runs, &ops, &attempts, &queue, &wanted];
    Ok(match task_line::opens(conn, queue, claim.now).await? {
        Some((at, Opens::Joins)) => Some(at),
        Some((at, Opens::Room)) if conn.any(&open, values).await? => Some(at),
        _ => None,
    })
}

/// The tasks of a run, by operation.
pub(super) async fn of_run(conn: &Session, run: RunId) -> Outcome<Vec<TaskRecord>> {
    let sql = concat!(
        "SELECT t.run, t.op, t.attempt, ",
        name_of!("t.queue"),
        ", t.put_at, t.worker, t.claimed_at, t.beat_at, t.cancelled, t.queue, t.gate, t.queueing \
         FROM @task t WHERE t.run=$1 ORDER BY t.op"
    );
    let found = conn.all(sql, &[&run.0], record).await?;
    let mut records = Vec::with_capacity(found.len());
    for (record, (queue, gate, queueing)) in found {
        let waits_for = task_line::waits_for(conn, queue, gate, &queueing).await?;
        records.push(TaskRecord {
            waits_for,
            ..record
        });
    }
    Ok(records)
}

/// How a task stands: the number of its queue, its gate, and what is said of its turn.
type Stands = (i64, Option<i16>, crate::store::Queueing);

fn record(row: &Row) -> Outcome<(TaskRecord, Stands)> {
    let mut row = Columns::of(row);
    let row = &mut row;
    let TaskOf { op, attempt, .. } = of(row)?;
    let record = TaskRecord {
        op,
        attempt,
        queue: name(row)?,
        put_at: Timestamp(row.next()?),
        worker: row.next::<Option<i64>>()?.map(Incarnation),
        claimed_at: rows::time(row)?,
        beat_at: rows::time(row)?,
        cancelled: row.next()?,
        waits_for: None,
    };
    Ok((record, (row.next()?, row.next()?, plain(row)?)))
}

/// The tasks that a worker has, and whether each is to stop.
pub(super) async fn of_holder(conn: &Session, worker: Incarnation) -> Outcome<Vec<(TaskOf, bool)>> {
    let sql = "SELECT run, op, attempt, cancelled FROM @task WHERE worker=$1";
    conn.all(sql, &[&worker.0], |row| {
        let mut row = Columns::of(row);
        Ok((of(&mut row)?, row.next()?))
    })
    .await
}

/// All queues with tasks, by name.
pub(super) async fn queues(conn: &Session) -> Outcome<Vec<TaskQueue>> {
    let sql = concat!(
        "SELECT ",
        name_of!("t.queue"),
        ", t.waiting, t.running, t.since FROM (SELECT queue, \
           count(*) FILTER (WHERE gate IS DISTINCT FROM 0) AS waiting, \
           count(*) FILTER (WHERE gate=0) AS running, \
           min(put_at) FILTER (WHERE gate IS DISTINCT FROM 0) AS since \
         FROM @task GROUP BY queue) AS t"
    );
    let mut queues = conn
        .all(sql, &[], |row| {
            let mut row = Columns::of(row);
            Ok(TaskQueue {
                queue: name(&mut row)?,
                waiting: row.next::<i64>()?.unsigned_abs(),
                running: row.next::<i64>()?.unsigned_abs(),
                since: rows::time(&mut row)?,
            })
        })
        .await?;
    queues.sort_by(|a, b| a.queue.cmp(&b.queue));
    Ok(queues)
}
