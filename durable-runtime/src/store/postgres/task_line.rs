//! The line of activities before a queue: how many workers carry out, and who is next.

use super::error::Outcome;
use super::transact::Tx;
use super::unfinished;
use crate::id::RunId;

/// The run of tasks rests.
pub(super) async fn rest(tx: &Tx, run: RunId) -> Outcome<()> {
    any(tx, run).await
}

/// The run of tasks goes on.
pub(super) async fn go_on(tx: &Tx, run: RunId) -> Outcome<()> {
    any(tx, run).await
}

async fn any(tx: &Tx, run: RunId) -> Outcome<()> {
    match tx
        .any("SELECT 1 FROM @task WHERE run=$1", &[&run.0])
        .await?
    {
        true => Err(unfinished("a pause of a run with tasks")),
        false => Ok(()),
    }
}
