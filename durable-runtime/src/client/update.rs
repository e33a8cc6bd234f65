//! Requests to workflows, and their answers.

use super::start;
use super::{Client, ClientError, Handle, Link, StartError};
use crate::Durable;
use crate::codec;
use crate::codec::limits::PAYLOAD_BYTES_MAX;
use crate::engine::new_message;
use crate::id::{RunId, WorkflowId};
use crate::operation::Update;
use crate::store::{Heard, MessageKind, NewMessage, Phase, ReplyStage, Sent};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;

/// A request about to be sent; `.await` sends it and waits for the answer. Made by
/// [`Handle::update`].
#[must_use = "a request is sent by `.await`"]
pub struct SendUpdate<Resp> {
    client: Client,
    to: WorkflowId,
    request: Message,
    answer: PhantomData<fn() -> Resp>,
}

/// A request without its address.
struct Message {
    name: String,
    value: Result<Vec<u8>, codec::Error>,
    msg: Option<String>,
}

impl Message {
    fn finish(self, client: &Client) -> Result<NewMessage, UpdateError> {
        let payload = self.value.map_err(UpdateError::Value)?;
        if payload.len() > PAYLOAD_BYTES_MAX {
            let (name, size) = (self.name, payload.len());
            return Err(UpdateError::TooLarge { name, size });
        }
        Ok(NewMessage {
            msg: match self.msg {
                Some(msg) => NewMessage::with_id("update", &self.name, &msg),
                None => new_message(),
            },
            kind: MessageKind::Update,
            name: self.name,
            payload,
            sent_at: client.now(),
            unread_max: Some(client.shared.unread_max),
        })
    }
}

/// A request that is on disk; [`answer`](Self::answer) waits for what becomes of it.
pub struct PendingUpdate<Resp> {
    client: Client,
    to: WorkflowId,
    run: RunId,
    msg: String,
    answer: PhantomData<fn() -> Resp>,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// The workflow has refused it; the reason.
    #[error("the update was rejected: {0}")]
    Rejected(String),
    /// The workflow has ended without an answer. It may have taken the request.
    #[error("workflow `{id}` has ended ({phase}) without an answer to the update")]
    Unanswered {
        /// The workflow.
        id: WorkflowId,
        /// How it ended.
        phase: Phase,
    },
    /// The run that was asked, or the one that it has left the request to, is so old that it is not
    /// kept any more, and its answer is not either.
    #[error("the run of workflow `{0}` that was asked is not kept any more")]
    NotKept(WorkflowId),
    /// The request cannot be encoded.
    #[error("the value of the update cannot be encoded")]
    Value(#[source] codec::Error),
    /// The encoded request is larger than 2 MiB.
    #[error(
        "update `{name}` has {size} bytes, the limit is {PAYLOAD_BYTES_MAX}; store it elsewhere and send a key"
    )]
    TooLarge {
        /// The update's name.
        name: String,
        /// Encoded size in bytes.
        size: usize,
    },
    /// The answer is of another type.
    #[error("the answer of workflow `{id}` is no `{expected}`")]
    Decode {
        /// The workflow.
        id: WorkflowId,
        /// The type that was asked for.
        expected: &'static str,
        /// What is wrong with it.
        source: codec::Error,
    },
    /// There is no such workflow, it had ended, or the store has failed.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl<R> Handle<R> {
    /// Sends the workflow a request and waits for the answer, as long as it takes; see [`Update`].
    ///
    /// ```no_run
    /// # use durable_runtime::prelude::*;
    /// # const ADD: Update<i64, i64> = Update::new("fetch_and_add");
    /// # async fn add(handle: Handle<i64>) -> Result<(), Box<dyn std::error::Error>> {
    /// let before = handle.update(ADD, 5).id("request-17").await?;
    /// # Ok(())
    /// # }
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as a channel's send does: the value goes away"
    )]
    pub fn update<Req: Durable, Resp: Durable>(
        &self,
        update: Update<Req, Resp>,
        request: Req,
    ) -> SendUpdate<Resp> {
        self.send_update(update.name().to_owned(), codec::encode(&request))
    }

    /// Sends a request of this name that is given as JSON; the answer comes as JSON too.
    pub fn update_json(
        &self,
        name: impl Into<String>,
        request: &serde_json::Value,
    ) -> SendUpdate<serde_json::Value> {
        self.send_update(name.into(), codec::from_json(request))
    }

    fn send_update<Resp>(
        &self,
        name: String,
        value: Result<Vec<u8>, codec::Error>,
    ) -> SendUpdate<Resp> {
        let msg = None;
        SendUpdate {
            client: self.client().clone(),
            to: self.id().clone(),
            request: Message { name, value, msg },
            answer: PhantomData,
        }
    }
}

impl<Resp> SendUpdate<Resp> {
    /// Gives the request an id of its own: sent again with the same one it counts once in a run of
    /// the workflow and of those that go on in its place, and each time the same answer is given, also
    /// after the end. Without one every request counts.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.request.msg = Some(id.into());
        self
    }

    /// Sends the request, and does not wait for the workflow. Once this has returned `Ok`, the
    /// request is on disk.
    ///
    /// # Errors
    /// When it cannot be encoded, there is no such workflow, it has ended, or the store has failed.
    pub async fn send(self) -> Result<PendingUpdate<Resp>, UpdateError> {
        let message = self.request.finish(&self.client)?;
        let msg = message.msg.clone();
        let sent = self.client.store().send(&self.to, message).await;
        if let Some(link) = self.client.link() {
            link.poke();
        }
        let run = match sent.map_err(ClientError::from)? {
            // Also of one that was taken before the end.
            Sent::Accepted(run) | Sent::Terminated(run) => run,
            Sent::Finished(phase) => {
                return Err(ClientError::Finished { id: self.to, phase }.into());
            }
            Sent::Full(_) => return Err(self.client.full(self.to).into()),
            Sent::NotFound => return Err(ClientError::NotFound(self.to).into()),
        };
        Ok(PendingUpdate::new(self.client, self.to, run, msg))
    }
}

impl<Resp> PendingUpdate<Resp> {
    fn new(client: Client, to: WorkflowId, run: RunId, msg: String) -> Self {
        Self {
            client,
            to,
            run,
            msg,
            answer: PhantomData,
        }
    }

    /// Waits until the workflow has accepted, answered or rejected the request.
    ///
    /// # Errors
    /// [`UpdateError::Rejected`], or [`UpdateError::Unanswered`] when the workflow has ended.
    pub async fn accepted(&mut self) -> Result<(), UpdateError> {
        self.reaches(ReplyStage::Accepted).await.map(drop)
    }

    /// Waits for the answer, as long as it takes; bound it with `tokio::time::timeout`.
    ///
    /// # Errors
    /// [`UpdateError::Rejected`], or [`UpdateError::Unanswered`] when the workflow has ended.
    pub async fn answer(mut self) -> Result<Resp, UpdateError>
    where
        Resp: Durable,
    {
        let answer = self.reaches(ReplyStage::Completed).await?;
        codec::decode(&answer).map_err(|source| UpdateError::Decode {
            id: self.to,
            expected: std::any::type_name::<Resp>(),
            source,
        })
    }

    async fn reaches(&mut self, stage: ReplyStage) -> Result<Vec<u8>, UpdateError> {
        let client = self.client.clone();
        let mut watch = client.shared.changes.watch();
        let mut answers = client.link().map(Link::answers);
        loop {
            // In this order: what a run says, it says before its end is seen.
            let phase = self.phase().await?;
            let found = client.store().reply(self.run, &self.msg).await;
            match found.map_err(ClientError::from)? {
                Heard::Reply(reply) if reply.stage == ReplyStage::Rejected => {
                    let reason = codec::decode(&reply.payload);
                    return Err(UpdateError::Rejected(reason.unwrap_or_default()));
                }
                Heard::Reply(reply) if reply.stage >= stage => return Ok(reply.payload),
                _ => {}
            }
            if !matches!(phase, Phase::Running | Phase::Continued) {
                let id = self.to.clone();
                return Err(UpdateError::Unanswered { id, phase });
            }
            let told = async {
                match client.link().zip(answers.as_mut()) {
                    Some((link, answers)) => link.answered(answers).await,
                    // Without a worker here there is the watch on the store.
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = told => {}
                () = watch.changed(client.store()) => {}
            }
        }
    }
}

impl<Resp> PendingUpdate<Resp> {
    /// That of the run that was asked, or of the last one that goes on in its place; what has
    /// started later under the same id was not asked.
    async fn phase(&mut self) -> Result<Phase, UpdateError> {
        let store = self.client.store();
        if let Some(record) = store.follow(self.run).await.map_err(ClientError::from)? {
            return Ok(record.phase);
        }
        // It has been continued, or has ended, so long ago that it is not kept any more.
        let record = self.client.record(&self.to).await?;
        let heard = store.reply(record.run, &self.msg).await;
        if heard.map_err(ClientError::from)? == Heard::Unknown {
            return Err(UpdateError::NotKept(self.to.clone()));
        }
        self.run = record.run;
        Ok(record.phase)
    }
}

impl<Resp: Durable> IntoFuture for SendUpdate<Resp> {
    type Output = Result<Resp, UpdateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.send().await?.answer().await })
    }
}

impl<Resp> fmt::Debug for SendUpdate<Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendUpdate")
            .field("name", &self.request.name)
            .field("to", &self.to.as_str())
            .finish_non_exhaustive()
    }
}

impl<Resp> fmt::Debug for PendingUpdate<Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingUpdate")
            .field("to", &self.to.as_str())
            .field("msg", &self.msg)
            .finish_non_exhaustive()
    }
}

/// A workflow about to be started, or asked if it runs already, in one transaction; `.await` does
/// it and gives the handle and the request. Made by [`Start::with_update`](super::Start::with_update).
#[must_use = "a workflow is started by `.await`"]
pub struct StartWithUpdate<R, Resp> {
    start: super::Start<R>,
    request: Message,
    answer: PhantomData<fn() -> Resp>,
}

impl<R> super::Start<R> {
    /// Sends the workflow a request as well, in the same transaction. If it runs already, it is not
    /// started but only asked; if it has ended, nothing changes and the answer is
    /// [`StartError::AlreadyStarted`], unless it has taken a request of this
    /// [`id`](StartWithUpdate::id) before: then its answer is given again.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as a channel's send does: the value goes away"
    )]
    pub fn with_update<Req: Durable, Resp: Durable>(
        self,
        update: Update<Req, Resp>,
        request: Req,
    ) -> StartWithUpdate<R, Resp> {
        StartWithUpdate {
            start: self,
            request: Message {
                name: update.name().to_owned(),
                value: codec::encode(&request),
                msg: None,
            },
            answer: PhantomData,
        }
    }
}

impl<R, Resp> StartWithUpdate<R, Resp> {
    /// Gives the request an id of its own; see [`SendUpdate::id`].
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.request.msg = Some(id.into());
        self
    }

    async fn begin(self) -> Result<(Handle<R>, PendingUpdate<Resp>), StartError<R>> {
        let prepared = self.start.prepare()?;
        let message = self.request.finish(&prepared.client);
        let message = message.map_err(StartError::Update)?;
        let msg = message.msg.clone();
        let handle = start::start_or_send(prepared, &message).await?;
        let client = handle.client().clone();
        let pending = PendingUpdate::new(client, handle.id().clone(), handle.run(), msg);
        Ok((handle, pending))
    }
}

impl<R: 'static, Resp: 'static> IntoFuture for StartWithUpdate<R, Resp> {
    type Output = Result<(Handle<R>, PendingUpdate<Resp>), StartError<R>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl<R, Resp> fmt::Debug for StartWithUpdate<R, Resp> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartWithUpdate")
            .field("start", &self.start)
            .field("update", &self.request.name)
            .finish()
    }
}
