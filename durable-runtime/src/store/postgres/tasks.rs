//! Tasks: attempts of activities that workers of other queues carry out.

use super::error::Outcome;
use super::session::Columns;
use super::transact::Tx;
use super::unfinished;
use crate::id::RunId;

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
