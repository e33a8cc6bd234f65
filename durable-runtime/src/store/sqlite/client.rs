//! What clients write: runs that nobody owns yet, and messages.

use super::batch::insert_run;
use super::db::Db;
use super::error::{Outcome, bug};
use super::{children, inbox, pause, rows};
use crate::id::{RunId, WorkflowId};
use crate::store::{MessageKind, NewMessage, NewRun, Phase, Sent, Told, Written};

pub(super) fn start(db: &mut Db, new: &NewRun) -> Outcome<Written> {
    if new.owner.is_some() {
        return Err(bug(format!("run {} is born owned outside a batch", new.run)).into());
    }
    let written = insert_run(db, new, 0, false)?;
    if written == Written::Started {
        children::orphan(db, new)?;
    }
    Ok(written)
}

/// Starts the run unless its id is taken, and sends the message to the run of this workflow that has
/// the id.
pub(super) fn start_or_send(
    db: &mut Db,
    new: &NewRun,
    message: &NewMessage,
) -> Outcome<(Written, Sent)> {
    let written = start(db, new)?;
    let sent = match written {
        Written::RunTaken => Sent::NotFound,
        Written::Exists(ref other) if other.workflow != new.workflow => Sent::NotFound,
        _ => send(db, &new.id, message)?,
    };
    Ok((written, sent))
}

pub(super) fn send(db: &mut Db, id: &WorkflowId, message: &NewMessage) -> Outcome<Sent> {
    let found = rows::first(
        &db.conn,
        "SELECT run, phase, owner FROM workflow WHERE id=?1 AND current=1",
        [id.as_str()],
        |row| {
            Ok((
                RunId(row.get(0)?),
                row.get(1)?,
                row.get::<_, Option<i64>>(2)?,
            ))
        },
    )?;
    let Some((run, phase, owner)) = found else {
        return Ok(Sent::NotFound);
    };
    let phase = rows::phase(phase).ok_or_else(|| bug(format!("phase {phase}")))?;
    // A termination that is not read yet may end it now.
    let may_end = message.kind == MessageKind::Terminate && phase == Phase::Running;
    if message.is_of_the_chain() && !may_end && inbox::is_known(db, run, &message.msg)?
        || message.is_of_an_operation() && inbox::was_known(db, id, &message.msg)?
    {
        return Ok(Sent::Accepted(run));
    }
    if phase != Phase::Running {
        return Ok(Sent::Finished(phase));
    }
    if message.kind == MessageKind::Terminate && owner.is_none() {
        let reason = String::from_utf8_lossy(&message.payload);
        let reason = Some(&*reason).filter(|reason| !reason.is_empty());
        if message.is_of_the_chain() {
            // The end keeps its id.
            inbox::put(db, run, message)?;
        }
        children::terminate(db, run, reason, message.sent_at)?;
        children::close(db, run, message.sent_at)?;
        return Ok(Sent::Terminated(run));
    }
    match message.kind {
        MessageKind::Pause => pause::pause(db, run, message)?,
        MessageKind::Resume => pause::resume(db, run, message.sent_at)?,
        _ if inbox::is_full(db, run, message)? => return Ok(Sent::Full(run)),
        _ => {
            inbox::put(db, run, message)?;
        }
    }
    Ok(Sent::Accepted(run))
}

/// Puts a message into the inbox of one run.
pub(super) fn tell(db: &mut Db, run: RunId, message: &NewMessage) -> Outcome<Told> {
    let sql = "SELECT phase FROM workflow WHERE run=?1";
    let Some(phase) = rows::first(&db.conn, sql, [run.0], |row| row.get(0))? else {
        return Ok(Told::NotFound);
    };
    let phase = rows::phase(phase).ok_or_else(|| bug(format!("phase {phase}")))?;
    if phase != Phase::Running {
        return Ok(Told::Finished(phase));
    }
    Ok(if inbox::put(db, run, message)? {
        Told::Accepted
    } else {
        Told::Repeated
    })
}
