//! Sending signals to workflows, and starting a workflow with one.

use super::start;
use super::{Client, ClientError, Handle, StartError};
use crate::Durable;
use crate::codec;
use crate::engine::new_message;
use crate::id::WorkflowId;
use crate::operation::Signal;
use crate::store::{MessageKind, NewMessage, Sent};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// The largest encoded value of a signal, in bytes.
pub const SIGNAL_BYTES_MAX: usize = codec::limits::PAYLOAD_BYTES_MAX;

/// A signal about to be sent; `.await` sends it. Made by [`Handle::signal`].
#[must_use = "a signal is sent by `.await`"]
pub struct SendSignal {
    client: Client,
    to: WorkflowId,
    letter: Letter,
}

/// A signal without its address.
pub(super) struct Letter {
    name: String,
    value: Result<Vec<u8>, codec::Error>,
    msg: Option<String>,
}

impl Letter {
    pub(super) fn new<T: Durable>(signal: Signal<T>, value: &T) -> Self {
        Self::encoded(signal.name().to_owned(), codec::encode(value))
    }

    fn encoded(name: String, value: Result<Vec<u8>, codec::Error>) -> Self {
        let msg = None;
        Self { name, value, msg }
    }

    fn message(self, client: &Client) -> Result<NewMessage, SignalError> {
        let payload = self.value?;
        if payload.len() > SIGNAL_BYTES_MAX {
            let (name, size) = (self.name, payload.len());
            return Err(SignalError::TooLarge { name, size });
        }
        Ok(NewMessage {
            msg: match self.msg {
                Some(msg) => NewMessage::with_id("signal", &self.name, &msg),
                None => new_message(),
            },
            kind: MessageKind::Signal,
            name: self.name,
            payload,
            sent_at: client.now(),
            unread_max: Some(client.shared.unread_max),
        })
    }
}

/// Why a signal was not sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The value cannot be encoded.
    #[error("the value of the signal cannot be encoded")]
    Value(#[from] codec::Error),
    /// The encoded value is larger than [`SIGNAL_BYTES_MAX`].
    #[error(
        "signal `{name}` has {size} bytes, the limit is {SIGNAL_BYTES_MAX}; store it elsewhere and send a key"
    )]
    TooLarge {
        /// The signal's name.
        name: String,
        /// Encoded size in bytes.
        size: usize,
    },
    /// There is no such workflow, it has ended, or the store has failed.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl<R> Handle<R> {
    /// Sends a signal to the workflow; see [`Signal`]. Once the await has returned `Ok`, the signal
    /// is on disk.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as a channel's send does: the value goes away"
    )]
    pub fn signal<T: Durable>(&self, signal: Signal<T>, value: T) -> SendSignal {
        self.send_letter(Letter::new(signal, &value))
    }

    /// Sends a signal of this name whose value is given as JSON.
    pub fn signal_json(&self, name: impl Into<String>, value: &serde_json::Value) -> SendSignal {
        self.send_letter(Letter::encoded(name.into(), codec::from_json(value)))
    }

    fn send_letter(&self, letter: Letter) -> SendSignal {
        SendSignal {
            client: self.client().clone(),
            to: self.id().clone(),
            letter,
        }
    }
}

impl SendSignal {
    /// Gives the signal an id of its own: sent again with the same one, also after it was taken,
    /// it counts once in a run of the workflow. Without one every signal counts.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.letter.msg = Some(id.into());
        self
    }

    async fn send(self) -> Result<(), SignalError> {
        let message = self.letter.message(&self.client)?;
        let sent = self.client.store().send(&self.to, message).await;
        if let Some(link) = self.client.link() {
            link.poke();
        }
        match sent.map_err(ClientError::from)? {
            Sent::Accepted(_) | Sent::Terminated(_) => Ok(()),
            Sent::Finished(phase) => Err(ClientError::Finished { id: self.to, phase }.into()),
            Sent::Full(_) => Err(self.client.full(self.to).into()),
            Sent::NotFound => Err(ClientError::NotFound(self.to).into()),
        }
    }
}

impl IntoFuture for SendSignal {
    type Output = Result<(), SignalError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for SendSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendSignal")
            .field("name", &self.letter.name)
            .field("to", &self.to.as_str())
            .finish_non_exhaustive()
    }
}

/// A workflow about to be started, or signalled if it runs already, in one transaction; `.await`
/// does it and gives the handle. Made by [`Start::with_signal`](super::Start::with_signal).
#[must_use = "a workflow is started by `.await`"]
pub struct StartWithSignal<R> {
    start: super::Start<R>,
    letter: Letter,
}

impl<R> StartWithSignal<R> {
    pub(super) fn new(start: super::Start<R>, letter: Letter) -> Self {
        Self { start, letter }
    }

    /// Gives the signal an id of its own; see [`SendSignal::id`].
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.letter.msg = Some(id.into());
        self
    }

    async fn begin(self) -> Result<Handle<R>, StartError<R>> {
        let prepared = self.start.prepare()?;
        let message = self.letter.message(&prepared.client);
        let message = message.map_err(StartError::Signal)?;
        start::start_or_send(prepared, &message).await
    }
}

impl<R: 'static> IntoFuture for StartWithSignal<R> {
    type Output = Result<Handle<R>, StartError<R>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl<R> fmt::Debug for StartWithSignal<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartWithSignal")
            .field("start", &self.start)
            .field("signal", &self.letter.name)
            .finish()
    }
}
