//! What readers ask; several statements of one question see one moment.

use super::error::Outcome;
use super::fence::ALIVE;
use super::pool::Conn;
use super::rows::{self, ATTEMPT, MESSAGE, STEP};
use super::session::{Columns, number};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{AttemptRecord, Message, RunRecord, StepRecord, WorkerRecord};

pub(super) async fn find(conn: Conn, id: &WorkflowId) -> Outcome<Option<RunRecord>> {
    rows::current(&conn, id).await
}

pub(super) async fn steps(
    conn: Conn,
    run: RunId,
    after: i64,
    at_most: usize,
) -> Outcome<Vec<StepRecord>> {
    let sql = format!("{STEP} WHERE s.run=$1 AND s.seq>$2 ORDER BY s.seq LIMIT $3");
    conn.all(&sql, &[&run.0, &after, &number(at_most)], rows::step)
        .await
}

pub(super) async fn latest_step(conn: Conn, run: RunId) -> Outcome<Option<StepRecord>> {
    let sql = format!("{STEP} WHERE s.run=$1 ORDER BY s.seq DESC LIMIT 1");
    conn.first(&sql, &[&run.0], rows::step).await
}

pub(super) async fn attempts(conn: Conn, run: RunId) -> Outcome<Vec<AttemptRecord>> {
    let sql = format!("{ATTEMPT} WHERE run=$1 ORDER BY aid");
    conn.all(&sql, &[&run.0], rows::attempt).await
}

pub(super) async fn inbox(conn: Conn, run: RunId) -> Outcome<Vec<Message>> {
    let sql = format!("{MESSAGE} WHERE run=$1 AND used_seq IS NULL ORDER BY ord");
    conn.all(&sql, &[&run.0], rows::message).await
}

/// The last run of a chain of those that go on for each other; two statements, of one moment.
pub(super) async fn follow(conn: Conn, run: RunId) -> Outcome<Option<RunRecord>> {
    let last = conn
        .first(
            "WITH RECURSIVE chain(run,n) AS (SELECT run, 0 FROM @workflow WHERE run=$1 UNION ALL \
         SELECT w.next, c.n+1 FROM chain c JOIN @workflow w ON w.run=c.run \
         WHERE w.next IS NOT NULL) SELECT run FROM chain ORDER BY n DESC LIMIT 1",
            &[&run.0],
            |row| Columns::of(row).next::<i64>(),
        )
        .await?;
    let Some(last) = last else {
        return Ok(None);
    };
    let sql = format!("{} WHERE w.run=$1", rows::RUN);
    conn.first(&sql, &[&last], rows::run).await
}

pub(super) async fn workers(conn: Conn) -> Outcome<Vec<WorkerRecord>> {
    let sql = "SELECT worker, label, state, beat, lease_until, \
        (SELECT count(*) FROM @workflow w WHERE w.owner=worker.worker) \
        FROM @worker ORDER BY state<>0, worker";
    let read = |row: &_| {
        let mut row = Columns::of(row);
        Ok(WorkerRecord {
            worker: Incarnation(row.next()?),
            label: rows::text(&mut row)?.unwrap_or_default(),
            alive: row.next::<i16>()? == ALIVE,
            beat: row.next()?,
            lease_until: Timestamp(row.next()?),
            owned: row.next::<i64>()?.unsigned_abs(),
        })
    };
    conn.all(sql, &[], read).await
}
