//! A start that takes its id from the run that has it.

use super::error::{Outcome, again};
use super::session::{Columns, Session};
use super::transact::Tx;
use super::{children, inbox};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{IdPolicy, Phase, RunRecord, RunState};
use std::collections::BTreeSet;

/// Whether a run's number is used.
pub(super) async fn is_taken(conn: &Session, run: RunId) -> Outcome<bool> {
    conn.any("SELECT 1 FROM @workflow WHERE run=$1", &[&run.0])
        .await
}

/// Takes the id from its current run, which ends if it still runs. It is as it was found, or else the
/// transaction is to be tried again.
pub(super) async fn free(tx: &Tx, current: &RunRecord, at: Timestamp) -> Outcome<()> {
    let run = current.run;
    if current.phase == Phase::Running {
        end(tx, current, at).await?;
    }
    let sql = "UPDATE @workflow SET current=false WHERE run=$1 AND current AND phase<>0";
    match tx.execute(sql, &[&run.0]).await? {
        0 => Err(again(format!("run {run} is not the current one any more"))),
        _ => Ok(()),
    }
}

async fn end(tx: &Tx, current: &RunRecord, at: Timestamp) -> Outcome<()> {
    let (run, owner) = match current.state {
        RunState::Owned(owner) => (current.run, Some(owner)),
        _ => (current.run, None),
    };
    if let Some(owner) = owner {
        // Nothing of its runs changes in the middle of what it commits.
        let sql = "SELECT 1 FROM @worker WHERE worker=$1 FOR NO KEY UPDATE";
        tx.execute(sql, &[&owner.0]).await?;
    }
    children::take(tx, &[run.0]).await?;
    let sql = "SELECT owner FROM @workflow WHERE run=$1 AND current AND phase=0";
    let found = tx
        .first(sql, &[&run.0], |row| Columns::of(row).next::<Option<i64>>())
        .await?;
    if found != Some(owner.map(|owner| owner.0)) {
        return Err(again(format!("run {run} has changed meanwhile")));
    }
    let reason = IdPolicy::REPLACED;
    let evicted = children::terminate(tx, run, Some(reason), at).await?;
    if evicted.is_some() {
        inbox::put(tx, run, &IdPolicy::eviction(at)).await?;
    }
    children::close(tx, run, at).await
}

/// Notes that a worker knows by now that these of its runs were ended by somebody else.
pub(super) async fn let_go(tx: &Tx, runs: &BTreeSet<RunId>, worker: Incarnation) -> Outcome<()> {
    if runs.is_empty() {
        return Ok(());
    }
    let runs: Vec<_> = runs.iter().map(|run| run.0).collect();
    let sql = "UPDATE @workflow SET evicted=NULL WHERE run=ANY($1) AND evicted=$2 RETURNING run";
    let evicted = tx
        .all(sql, &[&runs, &worker.0], |row| Columns::of(row).next())
        .await?;
    inbox::drop_unread(tx, &evicted).await
}
