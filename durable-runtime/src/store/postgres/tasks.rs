//! Tasks: attempts of activities that workers of other queues carry out.

use super::error::Outcome;
use super::session::Columns;
use super::transact::Tx;
use super::unfinished;
use crate::id::{Incarnation, RunId};

/// Operations of runs are over.
pub(super) async fn settle(tx: &Tx, operations: &[(RunId, i64)]) -> Outcome<()> {
    let runs: Vec<_> = operations.iter().map(|(run, _)| run.0).collect();
    let ops: Vec<_> = operations.iter().map(|(_, op)| *op).collect();
    let sql = "DELETE FROM @task k USING unnest($1::bigint[],$2::bigint[]) AS t(run,op) \
        WHERE k.run=t.run AND k.op=t.op RETURNING k.ckey";
    let keys = tx
        .all(sql, &[&runs, &ops], |row| {
            Columns::of(row).next::<Option<String>>()
        })
        .await?;
    gone(tx, &keys)
}

/// Runs are over.
pub(super) async fn drop_all(tx: &Tx, runs: &[i64]) -> Outcome<()> {
    if runs.is_empty() {
        return Ok(());
    }
    let sql = "DELETE FROM @task WHERE run=ANY($1) RETURNING ckey";
    let keys = tx
        .all(sql, &[&runs], |row| {
            Columns::of(row).next::<Option<String>>()
        })
        .await?;
    gone(tx, &keys)
}

/// Others may begin what a worker that retires did not end.
pub(super) async fn release(tx: &Tx, worker: Incarnation) -> Outcome<()> {
    let sql = "SELECT 1 FROM @task WHERE worker=$1";
    match tx.any(sql, &[&worker.0]).await? {
        true => Err(unfinished("the return of a task")),
        false => Ok(()),
    }
}

/// Others may say that what dead workers had is lost.
pub(super) async fn lose(tx: &Tx) -> Outcome<()> {
    let sql = "SELECT 1 FROM @task WHERE worker IS NOT NULL AND NOT EXISTS(\
        SELECT 1 FROM @worker w WHERE w.worker=task.worker AND w.state=0) LIMIT 1";
    match tx.any(sql, &[]).await? {
        true => Err(unfinished("the loss of a task")),
        false => Ok(()),
    }
}

/// Tasks with these keys are not there any more.
fn gone(tx: &Tx, keys: &[Option<String>]) -> Outcome<()> {
    if keys.iter().any(Option::is_some) {
        // Others of its key may join the line: `sqlite/task_line.rs`.
        return Err(unfinished("a task with a concurrency key"));
    }
    if !keys.is_empty() {
        // Its worker is to hear of it.
        tx.news().noteworthy();
    }
    Ok(())
}
