//! Starting a workflow: durable before it returns, and the same id starts once.

use super::signal::{Letter, SignalError, StartWithSignal};
use super::update::UpdateError;
use super::{Client, ClientError, DEFAULT_QUEUE, Handle, Link};
use crate::Durable;
use crate::codec;
use crate::engine::{new_run, new_run_elsewhere};
use crate::error::Error;
use crate::id::{InvalidId, RunId, WorkflowId};
use crate::interception::Starting;
use crate::operation::{RetryPolicy, Signal, WorkflowOptions};
use crate::propagation::trace;
use crate::registry::{Ambiguous, WorkflowDef};
use crate::store::{
    IdPolicy, InvalidPriority, NewMessage, NewRun, OnConflict, Phase, Queueing, Reuse, RunRecord,
    Sent, StoreError, Tags, Written,
};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::time::Duration;
use tracing::{Instrument as _, Span, field};

/// The largest encoded input, in bytes. Keep bulk data elsewhere and pass a reference to it.
pub const INPUT_BYTES_MAX: usize = codec::limits::PAYLOAD_BYTES_MAX;

/// How often a run id is drawn for a start at most. That one is taken is rare; that many are means
/// a store that does not keep its word.
pub(super) const DRAWS_MAX: u32 = 8;

/// A workflow about to be started; `.await` starts it and gives its [`Handle`].
///
/// Made by the `start_…` function that `#[workflow]` generates. Once the await has returned `Ok`,
/// the start is on disk and no crash can undo it. Starting an id that was started before, also
/// one that has ended, starts nothing and answers [`StartError::AlreadyStarted`], unless
/// [`on_conflict`](Self::on_conflict) or [`reuse`](Self::reuse) say otherwise. After any other
/// error it is safe to try again with the same id and the same policies, except that
/// [`Reuse::Allow`] may then start a second run after a first that has ended meanwhile.
#[must_use = "a workflow is started by `.await`"]
pub struct Start<R> {
    client: Client,
    workflow: &'static str,
    id: String,
    pub(super) input: Result<Vec<u8>, codec::Error>,
    queue: Option<String>,
    delay: Option<Duration>,
    ids: IdPolicy,
    options: WorkflowOptions,
    pub(super) tags: Tags,
    pub(super) queueing: Queueing,
    output: PhantomData<fn() -> R>,
}

/// Used by `#[workflow]`.
#[doc(hidden)]
pub fn start<R>(
    client: &Client,
    workflow: &'static WorkflowDef,
    id: String,
    input: Result<Vec<u8>, codec::Error>,
) -> Start<R> {
    Start {
        client: client.clone(),
        options: (workflow.options)(),
        workflow: workflow.name,
        id,
        input,
        queue: None,
        delay: None,
        ids: IdPolicy::default(),
        tags: Tags::default(),
        queueing: Queueing::default(),
        output: PhantomData,
    }
}

impl<R> Start<R> {
    /// Lets only workers of this queue run it. The default is [`DEFAULT_QUEUE`].
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.queue = Some(queue.into());
        self
    }

    /// Begins to run after this long; the start itself is recorded at once.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// What to do if a workflow of this id runs. By default nothing is started, and the answer is
    /// [`StartError::AlreadyStarted`].
    ///
    /// With [`OnConflict::TerminateExisting`] the one that runs ends at once, without its code, in
    /// the transaction that starts this one; attempts of activities that are under way there are
    /// stopped a moment later.
    pub fn on_conflict(mut self, policy: OnConflict) -> Self {
        self.ids.conflict = policy;
        self
    }

    /// What to do if a workflow of this id has ended. By default nothing is started, and the
    /// answer is [`StartError::AlreadyStarted`]: never twice for the same id, for as long as the
    /// ended one is on record.
    pub fn reuse(mut self, policy: Reuse) -> Self {
        self.ids.reuse = policy;
        self
    }

    /// How long it may take from when it may begin, with all runs that go on in its place; then it
    /// ends as timed out, without its code. The default stands at its function:
    /// `#[workflow(execution_timeout = "1d")]`. It never ends earlier, and if no worker runs at that
    /// time, as soon as one does.
    pub fn execution_timeout(mut self, limit: Duration) -> Self {
        self.options.execution_timeout = Some(limit);
        self
    }

    /// How long one run may take from when it may begin. The default stands at its function:
    /// `#[workflow(run_timeout = "1h")]`.
    pub fn run_timeout(mut self, limit: Duration) -> Self {
        self.options.run_timeout = Some(limit);
        self
    }

    /// How a run that returned an error, or took longer than its `run_timeout`, is tried again: by
    /// a new run with the same id and input, from the beginning. The handle's `result` is that of
    /// the last one. The default stands at its function: `#[workflow(retry(max_attempts = 3))]`;
    /// without that it is not tried again.
    ///
    /// Each try does everything again, also what went well in the one before. So its activities have
    /// other [idempotency keys](crate::activity::ActivityContext::idempotency_key), since another run
    /// may call something else at the same place: where a second charge would hurt, pass a key that
    /// you make of your own id (`charge-{order}`) as an argument. And a child whose id was used by an
    /// earlier try is not started ([`SpawnError::AlreadyStarted`](crate::operation::SpawnError)): let
    /// it be done again by [`reuse(Reuse::Allow)`](crate::operation::SpawnChild::reuse). To keep what
    /// went well, retry the activity that fails, or loop in the workflow over the part that may
    /// fail, with the number of the round in the ids of its children.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.options.retry = Some(policy);
        self
    }

    /// Sends the workflow a signal as well, in the same transaction. If it runs already, it is not
    /// started but only signalled; if it has ended, nothing changes and the answer is
    /// [`StartError::AlreadyStarted`]. A delay holds for the start, and the signal does not cut
    /// it short.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as a channel's send does: the value goes away"
    )]
    pub fn with_signal<T: Durable>(self, signal: Signal<T>, value: T) -> StartWithSignal<R> {
        StartWithSignal::new(self, Letter::new(signal, &value))
    }

    /// Lets this header go along, to activities and children too; see [`crate::propagation`]. It
    /// takes the place of one of the same name, and a propagator may change it.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.headers.insert(name.into(), value.into());
        self
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn options(&self) -> &WorkflowOptions {
        &self.options
    }

    /// An option that is set and means nothing where there are many starts.
    pub(super) fn only_for_one(&self) -> Option<&'static str> {
        let delay = self.delay.map(|_| "a delay");
        let headers = (!self.tags.headers.is_empty()).then_some("a header");
        let delay = delay.or(headers);
        delay.or((self.ids != IdPolicy::default()).then_some("an id policy"))
    }

    /// Checks what can be checked without the store.
    pub(super) fn prepare(mut self) -> Result<Prepared, StartError<R>> {
        let span = tracing::info_span!(
            "start",
            workflow = self.workflow,
            id = self.id,
            run = field::Empty,
            traceparent = field::Empty,
        );
        let propagators = &self.client.propagators;
        *self.tags.headers = propagators.injected(&span, &self.tags.headers);
        if let Some(trace) = trace(&self.tags.headers) {
            span.record("traceparent", trace);
        }
        let id = WorkflowId::new(self.id)?;
        self.queueing.check()?;
        let input = self.input.map_err(StartError::Input)?;
        if input.len() > INPUT_BYTES_MAX {
            return Err(StartError::TooLarge {
                size: input.len(),
                limit: INPUT_BYTES_MAX,
            });
        }
        let queue = self.queue.unwrap_or_else(|| DEFAULT_QUEUE.to_owned());
        let asked = self.client.interceptors.ask(&mut Starting {
            workflow: self.workflow,
            id: id.as_str(),
            queue: &queue,
            options: &self.options,
            input: &input,
            tags: &mut self.tags,
        });
        asked.map_err(StartError::Refused)?;
        if let Some(refusal) = self.client.link().and_then(Link::refuses) {
            return Err(refusal.into());
        }
        let now = self.client.now();
        let begins = self.delay.map_or(now, |delay| now.after(delay));
        let run = NewRun {
            ids: self.ids,
            tags: self.tags,
            queueing: self.queueing,
            due_at: begins,
            terms: self.options.terms(begins),
            ..NewRun::new(
                new_run(now),
                id,
                self.workflow.to_owned(),
                queue,
                input,
                now,
            )
        };
        span.record("run", field::display(run.run));
        Ok(Prepared {
            client: self.client,
            run,
            span,
            at_once: self.delay.is_none(),
        })
    }

    async fn begin(self) -> Result<Handle<R>, StartError<R>> {
        let (workflow, ids) = (self.workflow, self.ids);
        let Prepared {
            client,
            run,
            span,
            at_once,
        } = self.prepare()?;
        let id = run.id.clone();
        let writing = write(&client, at_once, run).instrument(span);
        let (run_id, written) = writing.await?;
        match written {
            Written::Started => Ok(Handle::new(client, id, run_id)),
            // The store repeated a write whose answer had been lost: it is this very run.
            Written::Exists(other) if other.run == run_id => Ok(Handle::new(client, id, run_id)),
            Written::Exists(other)
                if ids.conflict == OnConflict::UseExisting
                    && other.workflow == workflow
                    && other.phase == Phase::Running =>
            {
                Ok(Handle::new(client, id, other.run))
            }
            Written::Exists(other) => Err(taken(client, workflow, *other)),
            answer => Err(bug(&answer)),
        }
    }
}

/// A start that is about to be written.
pub(super) struct Prepared {
    pub(super) client: Client,
    pub(super) run: NewRun,
    /// That of the start.
    span: Span,
    /// It is to begin without a delay.
    at_once: bool,
}

/// An answer that the store must not give.
fn bug<R>(answer: &dyn fmt::Debug) -> StartError<R> {
    StartError::Store(StoreError::Bug(format!(
        "a start was answered with {answer:?}"
    )))
}

/// Another run id, for one that is taken.
fn draw_again(run: &mut NewRun) {
    tracing::debug!(id = %run.id, run = %run.run, "the run id is taken, drawing another");
    run.run = new_run_elsewhere(run.created_at);
}

/// Writes the start, with other run ids if need be; answers the one that it has in the end.
async fn write(
    client: &Client,
    at_once: bool,
    mut run: NewRun,
) -> Result<(RunId, Written), StoreError> {
    for _ in 0..DRAWS_MAX {
        let written = match client.link() {
            Some(link) if at_once => link.start(run.clone()).await?,
            _ => client.store().start(run.clone()).await?,
        };
        if written != Written::RunTaken {
            return Ok((run.run, written));
        }
        draw_again(&mut run);
    }
    Err(StoreError::Bug("every run id is taken".into()))
}

/// Starts the run unless its id is taken, and sends the message to whichever run has the id.
pub(super) async fn start_or_send<R>(
    prepared: Prepared,
    message: &NewMessage,
) -> Result<Handle<R>, StartError<R>> {
    let Prepared {
        client,
        mut run,
        span,
        ..
    } = prepared;
    let workflow = run.workflow.clone();
    for _ in 0..DRAWS_MAX {
        let (new, message) = (run.clone(), message.clone());
        let sending = client.store().start_or_send(new, message);
        let (written, sent) = sending.instrument(span.clone()).await?;
        if let Some(link) = client.link() {
            link.poke();
        }
        match (written, sent) {
            (Written::RunTaken, _) => draw_again(&mut run),
            (Written::Exists(other), _) if other.workflow != workflow => {
                return Err(taken(client, &workflow, *other));
            }
            (_, Sent::Full(_)) => return Err(StartError::Full(client.full(run.id))),
            (_, Sent::Accepted(number)) => return Ok(Handle::new(client, run.id, number)),
            (Written::Exists(other), _) => return Err(taken(client, &workflow, *other)),
            (written, sent) => return Err(bug(&(written, sent))),
        }
    }
    Err(StartError::Store(StoreError::Bug(
        "every run id is taken".into(),
    )))
}

fn taken<R>(client: Client, workflow: &str, other: RunRecord) -> StartError<R> {
    if other.workflow == workflow {
        StartError::AlreadyStarted(Handle::new(client, other.id, other.run))
    } else {
        StartError::IdTaken {
            id: other.id,
            workflow: other.workflow,
        }
    }
}

impl<R: 'static> IntoFuture for Start<R> {
    type Output = Result<Handle<R>, StartError<R>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.begin())
    }
}

impl<R> fmt::Debug for Start<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start")
            .field("workflow", &self.workflow)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Why a workflow was not started.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError<R> {
    /// This workflow was started under this id before; here is the handle to it.
    #[error("workflow `{0}` has already been started")]
    AlreadyStarted(Handle<R>),
    /// The id belongs to another workflow function.
    #[error("the id `{id}` is taken by a workflow of another kind, `{workflow}`")]
    IdTaken {
        /// The id.
        id: WorkflowId,
        /// The workflow that has it.
        workflow: String,
    },
    /// The text is not a workflow id.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// An argument cannot be encoded, or all of them together are larger than [`INPUT_BYTES_MAX`].
    #[error("the input of the workflow cannot be encoded")]
    Input(#[source] codec::Error),
    /// An input that was encoded elsewhere is too large.
    #[error("the input has {size} bytes, the limit is {limit}; store it elsewhere and pass a key")]
    TooLarge {
        /// Encoded size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The signal that was to be sent with the start; nothing was started.
    #[error(transparent)]
    Signal(SignalError),
    /// The request that was to be sent with the start; nothing was started.
    #[error(transparent)]
    Update(UpdateError),
    /// The workflow has been started before, and takes no more messages; nothing was sent.
    #[error(transparent)]
    Full(ClientError),
    /// An interceptor of the client has refused it; nothing was started.
    #[error("the start was refused: {0:#}")]
    Refused(Error),
    /// Nothing was started.
    #[error(transparent)]
    Priority(#[from] InvalidPriority),
    /// The store failed. If it was [`StoreError::Unavailable`], the workflow may have been
    /// started; trying again with the same id tells.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The worker of this process cannot run; nothing was started.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
}

impl<R> fmt::Debug for StartError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyStarted(handle) => f.debug_tuple("AlreadyStarted").field(handle).finish(),
            Self::IdTaken { id, workflow } => f
                .debug_struct("IdTaken")
                .field("id", id)
                .field("workflow", workflow)
                .finish(),
            Self::InvalidId(error) => f.debug_tuple("InvalidId").field(error).finish(),
            Self::Input(error) => f.debug_tuple("Input").field(error).finish(),
            Self::TooLarge { size, limit } => f
                .debug_struct("TooLarge")
                .field("size", size)
                .field("limit", limit)
                .finish(),
            Self::Signal(error) => f.debug_tuple("Signal").field(error).finish(),
            Self::Update(error) => f.debug_tuple("Update").field(error).finish(),
            Self::Refused(error) => f.debug_tuple("Refused").field(error).finish(),
            Self::Full(error) => f.debug_tuple("Full").field(error).finish(),
            Self::Priority(error) => f.debug_tuple("Priority").field(error).finish(),
            Self::Ambiguous(error) => f.debug_tuple("Ambiguous").field(error).finish(),
            Self::Store(error) => f.debug_tuple("Store").field(error).finish(),
        }
    }
}
