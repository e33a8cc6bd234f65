//! A start that takes its id from the run that has it.

use super::error::Outcome;
use super::inbox;
use super::session::Columns;
use super::transact::Tx;
use crate::id::{Incarnation, RunId};
use std::collections::BTreeSet;

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
