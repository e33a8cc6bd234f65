//! Acts of a workflow on the store: starts of other workflows, and messages to them.
//!
//! The checkpoint in which an act stands is on disk before the act begins, and the act names itself
//! by its run and number. So it is simply done again by whoever goes on from that checkpoint, and
//! the store knows it.

use super::attempt::End;
use super::committer::CommitError;
use super::ids;
use super::instance::{Instance, Outcome};
use super::life::{Life, read};
use crate::clock::Busy;
use crate::codec;
use crate::id::{RunId, WorkflowId};
use crate::operation::{
    self, Request, Resolution, SendError, SendRequest, SpawnError, StartRequest,
};
use crate::propagation::Headers;
use crate::store::{
    MessageKind, NewMessage, NewRun, OnConflict, Parent, Phase, Queueing, Sent, StoreError, Tags,
    Told, Write, Written,
};
use serde::Serialize;
use std::sync::Arc;

/// Who acts.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    run: RunId,
    op: u64,
    queue: String,
    queueing: Queueing,
    headers: Box<Headers>,
}

impl Actor {
    pub(super) fn new(instance: &Instance, op: u64) -> Self {
        Self {
            run: instance.run,
            op,
            queue: instance.queue.clone(),
            queueing: instance.queueing.clone(),
            headers: instance.tags.headers.clone(),
        }
    }
}

/// Does what is requested, once the store is well enough. The guard is from before: no time passes
/// until it begins.
pub(super) async fn act(life: Arc<Life>, actor: Actor, request: Request, busy: Busy) -> End {
    let done = match request {
        Request::Start(start) => actor.start(&life, *start).await,
        Request::Send(send) => actor.send(&life, send).await,
        Request::Child { id, op, .. } => actor.ask_to_stop(&life, id, op).await,
        _ => {
            return End::at_once(
                Outcome::Unfit(format!("operation {} is no act", actor.op)),
                busy,
            );
        }
    };
    let outcome = done.map_or_else(|e| Outcome::Unfit(e.to_string()), Outcome::Acted);
    // Whom it concerns may be here.
    life.pokes.poke(life.clock.busy());
    End::now(outcome, &*life.clock, busy)
}

impl Actor {
    async fn start(self, life: &Life, start: StartRequest) -> Result<Resolution, StoreError> {
        let now = life.clock.now();
        let begins = start.delay.map_or(now, |delay| now.after(delay));
        let mut headers = self.headers;
        headers.extend(*start.tags.headers);
        let parent = Parent {
            run: self.run,
            op: self.op,
            close: start.close,
            reports: start.reports,
        };
        let mut new = NewRun {
            parent: Some(parent),
            ids: start.ids,
            terms: start.options.terms(begins),
            due_at: begins,
            queueing: start.queueing.within(&self.queueing),
            tags: Tags {
                headers,
                ..start.tags
            },
            ..NewRun::new(
                ids::new_run(now),
                start.id,
                start.workflow,
                start.queue.unwrap_or(self.queue),
                start.input,
                now,
            )
        };
        loop {
            // Fenced: the child may have ended, and its id be free, when one wakes up who was declared dead
            // before it got this far.
            let run = match commit(life, new.clone()).await? {
                Written::Started => new.run,
                Written::RunTaken => {
                    new.run = ids::new_run_elsewhere(now);
                    continue;
                }
                // This very operation has started it, before the process died or the answer was
                // lost.
                Written::Exists(found) if found.parent == Some(parent) => found.run,
                Written::Exists(found)
                    if !start.reports
                        && start.ids.conflict == OnConflict::UseExisting
                        && found.workflow == new.workflow
                        && found.phase == Phase::Running =>
                {
                    found.run
                }
                Written::Exists(found) => {
                    return Ok(failed(&SpawnError::AlreadyStarted(found.id)));
                }
                other => return Err(StoreError::Bug(format!("a start answers {other:?}"))),
            };
            if !start.reports {
                return Ok(returned(&()));
            }
            return Ok(returned(&operation::child(new.id, run, self.run, self.op)));
        }
    }

    /// Asks the child that operation `op` has started to stop, if it is still there.
    async fn ask_to_stop(
        self,
        life: &Life,
        id: WorkflowId,
        op: u64,
    ) -> Result<Resolution, StoreError> {
        let is_ours = |parent: Parent| parent.run == self.run && parent.op == op;
        let reason = "the workflow that waits for it was cancelled";
        let message = NewMessage::steer(MessageKind::Cancel, reason, life.clock.now());
        while let Some(found) = read(|| life.store.find(&id)).await?
            && found.parent.is_some_and(is_ours)
        {
            // Not by its id: another may have that by now.
            let told = read(|| life.store.tell(found.run, message.clone())).await?;
            if told != Told::Finished(Phase::Continued) {
                break;
            }
        }
        Ok(returned(&()))
    }

    async fn send(self, life: &Life, send: SendRequest) -> Result<Resolution, StoreError> {
        let message = NewMessage {
            msg: NewMessage::of_operation(self.run, self.op),
            kind: send.kind,
            name: send.name,
            payload: send.payload,
            sent_at: life.clock.now(),
            unread_max: Some(life.options.unread_max),
        };
        let id = send.to;
        Ok(
            match read(|| life.store.send(&id, message.clone())).await? {
                Sent::Accepted(_) | Sent::Terminated(_) => returned(&()),
                // As a client is told; the run may have ended by another message.
                Sent::Finished(Phase::Terminated) if message.kind == MessageKind::Terminate => {
                    returned(&())
                }
                Sent::Full(_) => failed(&SendError::Full(id)),
                Sent::Finished(phase) => failed(&SendError::Finished { id, phase }),
                Sent::NotFound => failed(&SendError::NotFound(id)),
            },
        )
    }
}

/// Commits a start. Nothing comes of it if this life has ended: who goes on from the checkpoint does it
/// again.
async fn commit(life: &Life, new: NewRun) -> Result<Written, StoreError> {
    let id = new.id.clone();
    match life.committer.write(id, vec![Write::Start(new)]).await {
        Ok(mut written) if written.len() == 1 => Ok(written.remove(0)),
        Ok(written) => Err(StoreError::Bug(format!("a start answers {written:?}"))),
        Err(CommitError::Refused(error)) => Err(error),
        Err(CommitError::Lost) => std::future::pending().await,
    }
}

fn returned<T: Serialize>(value: &T) -> Resolution {
    Resolution::Returned(codec::encode_plain(value))
}

fn failed<E: Serialize>(error: &E) -> Resolution {
    Resolution::Failed(codec::encode_plain(error))
}
