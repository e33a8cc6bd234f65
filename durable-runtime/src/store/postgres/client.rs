//! What clients write: runs that nobody owns yet, and messages.

use super::error::{Outcome, bug};
use super::session::{Columns, Session};
use super::starting::{self, Start};
use super::transact::Tx;
use super::{children, inbox, line, pause, rows};
use crate::id::{RunId, WorkflowId};
use crate::store::{MessageKind, NewMessage, NewRun, Phase, Sent, Told, Written};

pub(super) async fn start(tx: Tx, new: &NewRun) -> Outcome<Written> {
    begin(&tx, new).await
}

/// Starts a run that nobody owns yet.
pub(super) async fn begin(tx: &Tx, new: &NewRun) -> Outcome<Written> {
    if new.owner.is_some() {
        return Err(bug(format!("run {} is born owned outside a batch", new.run)).into());
    }
    let start = Start {
        new,
        wakes: 0,
        goes_on: false,
    };
    let mut written = starting::insert(tx, &[start]).await?;
    let written = written
        .pop()
        .ok_or_else(|| bug("a start was not answered"))?;
    if written == Written::Started {
        children::orphan(tx, new).await?;
    }
    Ok(written)
}

/// Starts the run unless its id is taken, and sends the message to the run of this workflow that has
/// the id.
pub(super) async fn start_or_send(
    tx: Tx,
    new: &NewRun,
    message: &NewMessage,
) -> Outcome<(Written, Sent)> {
    let written = begin(&tx, new).await?;
    let sent = match written {
        Written::RunTaken => Sent::NotFound,
        Written::Exists(ref other) if other.workflow != new.workflow => Sent::NotFound,
        _ => to_current(&tx, &new.id, message).await?,
    };
    Ok((written, sent))
}

pub(super) async fn send(tx: Tx, id: &WorkflowId, message: &NewMessage) -> Outcome<Sent> {
    to_current(&tx, id, message).await
}

/// Puts a message into the inbox of the current run of an id.
pub(super) async fn to_current(tx: &Tx, id: &WorkflowId, message: &NewMessage) -> Outcome<Sent> {
    let Some((run, phase, owned)) = taken_of(tx, id, message.kind).await? else {
        return Ok(Sent::NotFound);
    };
    // A termination that is not read yet may end it now.
    let may_end = message.kind == MessageKind::Terminate && phase == Phase::Running;
    if message.is_of_the_chain() && !may_end && inbox::is_known(tx, run, &message.msg).await?
        || message.is_of_an_operation() && inbox::was_known(tx, id, &message.msg).await?
    {
        return Ok(Sent::Accepted(run));
    }
    if phase != Phase::Running {
        return Ok(Sent::Finished(phase));
    }
    if message.kind == MessageKind::Terminate && !owned {
        let reason = String::from_utf8_lossy(&message.payload);
        let reason = Some(&*reason).filter(|reason| !reason.is_empty());
        if message.is_of_the_chain() {
            // The end keeps its id.
            inbox::put(tx, run, message).await?;
        }
        children::terminate(tx, run, reason, message.sent_at).await?;
        children::close(tx, run, message.sent_at).await?;
        return Ok(Sent::Terminated(run));
    }
    match message.kind {
        MessageKind::Pause => pause::pause(tx, run, message).await?,
        MessageKind::Resume => pause::resume(tx, run, message.sent_at).await?,
        _ if inbox::is_full(tx, run, message).await? => return Ok(Sent::Full(run)),
        _ => {
            inbox::put(tx, run, message).await?;
        }
    }
    Ok(Sent::Accepted(run))
}

/// Puts a message into the inbox of one run.
pub(super) async fn tell(tx: Tx, run: RunId, message: &NewMessage) -> Outcome<Told> {
    let sql = "SELECT phase FROM @workflow WHERE run=$1 FOR NO KEY UPDATE";
    let phase = tx
        .first(sql, &[&run.0], |row| rows::phase(Columns::of(row).next()?))
        .await?;
    let Some(phase) = phase else {
        return Ok(Told::NotFound);
    };
    if phase != Phase::Running {
        return Ok(Told::Finished(phase));
    }
    Ok(if inbox::put(&tx, run, message).await? {
        Told::Accepted
    } else {
        Told::Repeated
    })
}

/// Takes the row of the current run of an id, so that it does not end, park, or get a message until
/// this transaction is over: its number, its phase, and whether somebody owns it.
async fn taken_of(
    tx: &Tx,
    id: &WorkflowId,
    kind: MessageKind,
) -> Outcome<Option<(RunId, Phase, bool)>> {
    loop {
        let Some((run, queue, has_key)) = found(tx, id).await? else {
            return Ok(None);
        };
        match kind {
            MessageKind::Terminate => children::take(tx, &[run]).await?,
            // It may leave the line, or join it, which comes before the run.
            MessageKind::Pause | MessageKind::Resume | MessageKind::Cancel if has_key => {
                line::take(tx, &[queue].into()).await?;
            }
            _ => {}
        }
        let taken = tx
            .first(
                "SELECT run, phase, owner IS NOT NULL FROM @workflow WHERE id=$1 AND current \
                 FOR NO KEY UPDATE",
                &[&id.as_str()],
                |row| {
                    let mut row = Columns::of(row);
                    let run = RunId(row.next()?);
                    Ok((run, rows::phase(row.next()?)?, row.next()?))
                },
            )
            .await?;
        // While this one waited, another run may have come to have the id, or none.
        if taken.is_some() {
            return Ok(taken);
        }
    }
}

/// The current run of an id, its queue, and whether it has a concurrency key.
async fn found(conn: &Session, id: &WorkflowId) -> Outcome<Option<(i64, i64, bool)>> {
    let sql = "SELECT run, queue, ckey IS NOT NULL FROM @workflow WHERE id=$1 AND current";
    conn.first(sql, &[&id.as_str()], |row| {
        let mut row = Columns::of(row);
        Ok((row.next()?, row.next()?, row.next()?))
    })
    .await
}
