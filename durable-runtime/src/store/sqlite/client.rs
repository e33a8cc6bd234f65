//! What clients write: runs that nobody owns yet, and messages.

use super::batch::{drop_unread, insert_run};
use super::error::{Outcome, bug};
use super::rows;
use super::writer::Db;
use crate::id::{RunId, WorkflowId};
use crate::store::{MessageKind, NewMessage, NewRun, Phase, Sent, Written};
use rusqlite::params;

pub(super) fn start(db: &mut Db, new: &NewRun) -> Outcome<Written> {
    if new.owner.is_some() {
        return Err(bug(format!("run {} is born owned outside a batch", new.run)).into());
    }
    insert_run(db, new, 0)
}

/// Starts the run unless its id is taken, and sends the message to whichever run has the id.
pub(super) fn start_or_send(
    db: &mut Db,
    new: &NewRun,
    message: &NewMessage,
) -> Outcome<(Written, Sent)> {
    let written = start(db, new)?;
    let sent = match written {
        Written::RunTaken => Sent::NotFound,
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
    if phase != Phase::Running {
        return Ok(Sent::Finished(phase));
    }
    if message.kind == MessageKind::Terminate && owner.is_none() {
        terminate(db, run, message)?;
        return Ok(Sent::Terminated(run));
    }
    let added = db
        .conn
        .prepare_cached(
            "INSERT INTO inbox(run,msg,ord,kind,payload,sent_at,name) \
             SELECT run,?2,wakes+1,?3,?4,?5,?6 FROM workflow WHERE run=?1 \
             ON CONFLICT(run,msg) DO NOTHING",
        )?
        .execute(params![
            run.0,
            message.msg,
            message.kind as i64,
            message.payload,
            message.sent_at.0,
            message.name
        ])?;
    if added > 0 {
        // A signal is for whoever waits for it: nobody does before the first await.
        let wakes_fresh = message.kind != MessageKind::Signal;
        db.conn
            .prepare_cached("UPDATE workflow SET wakes=wakes+1 WHERE run=?1")?
            .execute([run.0])?;
        db.conn
            .prepare_cached(
                "UPDATE ready SET due_at=min(coalesce(due_at,?2),?2) \
                 WHERE run=?1 AND blocked IS NULL \
                 AND (?3 OR EXISTS(SELECT 1 FROM workflow w WHERE w.run=?1 AND w.seq>0))",
            )?
            .execute(params![run.0, message.sent_at.0, wakes_fresh])?;
        db.noteworthy = true;
    }
    Ok(Sent::Accepted(run))
}

/// Ends a run without its code. Only for runs that nobody owns: an owner would go on writing.
fn terminate(db: &mut Db, run: RunId, message: &NewMessage) -> Outcome<()> {
    let reason = String::from_utf8_lossy(&message.payload);
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    let ended = db
        .conn
        .prepare_cached(
            "UPDATE workflow SET phase=?2, error=?3, finished_at=?4 \
             WHERE run=?1 AND owner IS NULL AND phase=0",
        )?
        .execute(params![
            run.0,
            Phase::Terminated as i64,
            reason,
            message.sent_at.0
        ])?;
    if ended != 1 {
        return Err(bug(format!("run {run} changed within a transaction")).into());
    }
    db.conn
        .prepare_cached("DELETE FROM ready WHERE run=?1")?
        .execute([run.0])?;
    db.noteworthy = true;
    drop_unread(db, run)
}
