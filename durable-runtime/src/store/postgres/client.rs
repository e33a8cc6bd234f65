//! What clients write: runs that nobody owns yet, and messages.

use super::error::{Outcome, bug};
use super::session::Columns;
use super::starting::{self, Start};
use super::transact::Tx;
use super::{children, inbox, rows, unfinished};
use crate::id::RunId;
use crate::store::{MessageKind, NewMessage, NewRun, Phase, Told, Written};

pub(super) async fn start(tx: Tx, new: &NewRun) -> Outcome<Written> {
    if new.owner.is_some() {
        return Err(bug(format!("run {} is born owned outside a batch", new.run)).into());
    }
    let start = Start {
        new,
        wakes: 0,
        goes_on: false,
    };
    let mut written = starting::insert(&tx, &[start]).await?;
    let written = written
        .pop()
        .ok_or_else(|| bug("a start was not answered"))?;
    if written == Written::Started {
        children::orphan(&tx, new).await?;
    }
    Ok(written)
}

/// Puts a message into the inbox of one run.
pub(super) async fn tell(tx: Tx, run: RunId, message: &NewMessage) -> Outcome<Told> {
    let Some(phase) = taken(&tx, run).await? else {
        return Ok(Told::NotFound);
    };
    if phase != Phase::Running {
        return Ok(Told::Finished(phase));
    }
    if message.kind == MessageKind::Pause {
        return Err(unfinished("a pause"));
    }
    Ok(if inbox::put(&tx, run, message).await? {
        Told::Accepted
    } else {
        Told::Repeated
    })
}

/// Takes the row of a run, so that it does not end, park or get a message until this transaction is
/// over.
async fn taken(tx: &Tx, run: RunId) -> Outcome<Option<Phase>> {
    let sql = "SELECT phase FROM @workflow WHERE run=$1 FOR NO KEY UPDATE";
    tx.first(sql, &[&run.0], |row| rows::phase(Columns::of(row).next()?))
        .await
}
