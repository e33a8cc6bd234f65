//! Children: workflows that a workflow starts, with a life of their own.

mod options;

use super::workflow::WorkflowCall;
use super::{
    Cancelled, Operation, Plan, Request, Resolution, Spawn, StartRequest, WorkflowOptions,
};
use crate::Durable;
#[cfg(doc)]
use crate::client::Start;
use crate::codec;
use crate::id::{RunId, Timestamp, WorkflowId, check_name};
use crate::store::{IdPolicy, OnConflict, ParentClose, Queueing, Tags};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::time::Duration;

impl<R> WorkflowCall<R> {
    /// In a workflow: starts this one as a child, under an id of its own. Await it for the
    /// [`Child`]; once it has given that, the child's start is on disk.
    ///
    /// Unlike a function that is awaited inline, a child is a workflow by itself: any worker may run
    /// it, it has its own checkpoints, and it is seen, signalled and cancelled by its id. When this
    /// workflow ends first, a [`ParentClose`] policy says what becomes of the child; it is cancelled
    /// unless [`parent_close`](SpawnChild::parent_close) says otherwise.
    ///
    /// ```
    /// # use durable_runtime::prelude::*;
    /// #[workflow]
    /// async fn ship(parcel: u32) -> Result<String, Error> {
    ///     Ok(format!("parcel {parcel} shipped"))
    /// }
    ///
    /// #[workflow]
    /// async fn ship_all(parcels: u32) -> Result<Vec<String>, Error> {
    ///     let mut children = Vec::new();
    ///     for parcel in 0..parcels {
    ///         children.push(ship(parcel).spawn(format!("ship-{parcel}")).await?);
    ///     }
    ///     let mut lines = Vec::new();
    ///     for child in children {
    ///         lines.push(child.await??);
    ///     }
    ///     Ok(lines)
    /// }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let store = durable_runtime::store::open("memory://").await?;
    /// # let worker = durable_runtime::Worker::new(store, Default::default());
    /// # let client = worker.client();
    /// # tokio::spawn(worker.run(std::future::pending()));
    /// let handle = start_ship_all(&client, "all", 2).await?;
    /// assert_eq!(handle.result().await??, ["parcel 0 shipped", "parcel 1 shipped"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn spawn(self, id: impl Into<String>) -> SpawnChild<R> {
        SpawnChild {
            start: to_start(self, id.into(), ParentClose::default(), true),
            output: PhantomData,
        }
    }

    /// In a workflow: starts this one under an id of its own, as a client would. Await it for
    /// `Ok(())` once the start is on disk. This workflow has no part in what becomes of it.
    pub fn spawn_detached(self, id: impl Into<String>) -> SpawnDetached {
        SpawnDetached {
            start: to_start(self, id.into(), ParentClose::Abandon, false),
        }
    }
}

fn to_start<R>(call: WorkflowCall<R>, id: String, close: ParentClose, reports: bool) -> ToStart {
    let options = call.options();
    let (workflow, input) = call.into_parts();
    ToStart {
        id,
        workflow: workflow.to_owned(),
        queue: None,
        input: input.map_err(|error| error.to_string()),
        close,
        reports,
        ids: IdPolicy::default(),
        options,
        queueing: Queueing::default(),
        delay: None,
        tags: Tags::default(),
    }
}

/// A start that has not been checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct ToStart {
    id: String,
    workflow: String,
    queue: Option<String>,
    input: Result<Vec<u8>, String>,
    close: ParentClose,
    reports: bool,
    #[serde(default, skip_serializing_if = "IdPolicy::is_default")]
    ids: IdPolicy,
    #[serde(default, skip_serializing_if = "WorkflowOptions::is_default")]
    options: WorkflowOptions,
    #[serde(default, skip_serializing_if = "Queueing::is_default")]
    queueing: Queueing,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delay: Option<Duration>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    tags: Tags,
}

impl ToStart {
    fn plan(self) -> Result<Plan, codec::Error> {
        let Self {
            id,
            workflow,
            queue,
            input,
            close,
            reports,
            ids,
            options,
            queueing,
            delay,
            tags,
        } = self;
        queueing.check().map_err(codec::Error::custom)?;
        if let Some(queue) = &queue {
            check_name("a queue's name", queue).map_err(codec::Error::custom)?;
        }
        let input = input.map_err(codec::Error::custom)?;
        super::limited("the input", &input)?;
        Ok(Plan::Call(Request::Start(Box::new(StartRequest {
            id: WorkflowId::new(id).map_err(codec::Error::custom)?,
            workflow,
            queue,
            input,
            close,
            reports,
            ids,
            options,
            queueing,
            delay,
            tags,
        }))))
    }
}

/// A child about to be started; made by [`WorkflowCall::spawn`]. Await it for the [`Child`].
#[derive(Serialize, Deserialize)]
#[serde(bound = "", transparent)]
#[must_use = "a child is started when this is awaited"]
pub struct SpawnChild<R> {
    start: ToStart,
    #[serde(skip)]
    output: PhantomData<fn() -> R>,
}

impl<R> SpawnChild<R> {
    /// What becomes of the child if it still runs when this workflow has ended. The default is
    /// [`ParentClose::Cancel`].
    pub fn parent_close(mut self, policy: ParentClose) -> Self {
        self.start.close = policy;
        self
    }

    /// Lets only workers of this queue run it. The default is the queue of this workflow.
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.start.queue = Some(queue.into());
        self
    }

    /// What to do if a workflow of this id runs; see [`Start::on_conflict`]. One that runs already
    /// does not become a child, so [`OnConflict::UseExisting`] is as good as
    /// [`OnConflict::Fail`] here.
    pub fn on_conflict(mut self, policy: OnConflict) -> Self {
        self.start.ids.conflict = policy;
        self
    }
}

impl<R> Clone for SpawnChild<R> {
    fn clone(&self) -> Self {
        Self {
            start: self.start.clone(),
            output: PhantomData,
        }
    }
}

impl<R> std::fmt::Debug for SpawnChild<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SpawnChild").field(&self.start).finish()
    }
}

impl<R: Durable> Operation for SpawnChild<R> {
    type Output = Result<Child<R>, SpawnError>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        self.start.plan()
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        started(resolution)
    }
}

impl<R: Durable> Spawn for SpawnChild<R> {}

/// A workflow about to be started that goes its own way; made by [`WorkflowCall::spawn_detached`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
#[must_use = "a workflow is started when this is awaited"]
pub struct SpawnDetached {
    start: ToStart,
}

impl SpawnDetached {
    /// Lets only workers of this queue run it. The default is the queue of this workflow.
    pub fn queue(mut self, queue: impl Into<String>) -> Self {
        self.start.queue = Some(queue.into());
        self
    }

    /// What to do if a workflow of this id runs; see [`Start::on_conflict`].
    pub fn on_conflict(mut self, policy: OnConflict) -> Self {
        self.start.ids.conflict = policy;
        self
    }
}

impl Operation for SpawnDetached {
    type Output = Result<(), SpawnError>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        self.start.plan()
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        started(resolution)
    }
}

impl Spawn for SpawnDetached {}

fn started<T: Durable>(resolution: Resolution) -> Result<Result<T, SpawnError>, codec::Error> {
    match resolution {
        Resolution::Returned(value) => codec::decode(&value).map(Ok),
        Resolution::Failed(error) => codec::decode(&error).map(Err),
        Resolution::Cancelled => Ok(Err(SpawnError::Cancelled)),
        other => Err(codec::Error::custom(format_args!(
            "a start cannot end with {other:?}"
        ))),
    }
}

/// Why a workflow was not started by another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The id is taken, by a workflow that runs or has ended.
    #[error("{0} was started before")]
    AlreadyStarted(WorkflowId),
    /// This workflow was cancelled before the start: nothing was started, and nothing will be. Of one
    /// that was [aborted](super::JoinHandle::abort) on its way, nobody knows.
    #[error("the workflow was cancelled")]
    Cancelled,
}

/// A child that was started; `R` is the whole return type of its function. It is data: it can be
/// kept over awaits, in a struct or a `Vec` too.
///
/// Await it for exactly what the child's function returned: for a function that returns
/// `Result<T, E>` that is `Ok(Ok(value))` or `Ok(Err(error))`. It gives that once, so awaiting
/// consumes it; where another branch may win and the child is still wanted, [`spawn`](super::spawn)
/// it first and await `&mut` the handle. Only the run that started a child can await it.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
#[must_use = "await it for what the child returns; the child goes on without it"]
pub struct Child<R> {
    id: WorkflowId,
    run: RunId,
    parent: RunId,
    op: u64,
    #[serde(default, skip_serializing_if = "ChildCancellation::is_abandon")]
    cancellation: ChildCancellation,
    #[serde(skip)]
    output: PhantomData<fn() -> R>,
}

/// What a cancellation of a workflow does while it awaits a child; said by
/// [`Child::cancellation`]. What becomes of children that nobody awaits says [`ParentClose`], when
/// the workflow has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChildCancellation {
    /// The await ends at once with [`ChildError::Cancelled`], and the child is not told.
    #[default]
    Abandon,
    /// The child is asked to stop, and the await ends with [`ChildError::Cancelled`] as soon as that
    /// is on disk.
    Request,
    /// The child is asked to stop, and the await ends when the child does: with what its function
    /// returned after it has cleaned up. If the child did not end as cancelled, the workflow hears of
    /// its own cancellation at its next await.
    Wait,
}

impl ChildCancellation {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it")]
    pub(super) fn is_abandon(&self) -> bool {
        *self == Self::Abandon
    }
}

impl<R> Child<R> {
    /// Says what a cancellation of this workflow does while it awaits the child.
    ///
    /// ```standalone_crate
    /// # use durable_runtime::prelude::*;
    /// # #[workflow]
    /// # async fn ship(parcel: u32) -> Result<u32, Error> { Ok(parcel) }
    /// #[workflow]
    /// async fn deliver(parcel: u32) -> Result<u32, Error> {
    ///     let child = ship(parcel).spawn(format!("ship-{parcel}")).await?;
    ///     child.cancellation(ChildCancellation::Wait).await?
    /// }
    /// ```
    pub fn cancellation(mut self, kind: ChildCancellation) -> Self {
        self.cancellation = kind;
        self
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &WorkflowId {
        &self.id
    }

    /// Its run when it was started.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }
}

/// A child without its type, as the engine gives it.
pub(crate) fn child(id: WorkflowId, run: RunId, parent: RunId, op: u64) -> Child<()> {
    Child {
        id,
        run,
        parent,
        op,
        cancellation: ChildCancellation::default(),
        output: PhantomData,
    }
}

impl<R> std::fmt::Debug for Child<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Child").field(&self.id.as_str()).finish()
    }
}

impl<R: Durable> Operation for Child<R> {
    type Output = Result<R, ChildError>;

    fn begin(self, _: Timestamp) -> Result<Plan, codec::Error> {
        Ok(Plan::Call(Request::Child {
            id: self.id,
            parent: self.parent,
            op: self.op,
            cancellation: self.cancellation,
        }))
    }

    fn complete(resolution: Resolution) -> Result<Self::Output, codec::Error> {
        match resolution {
            Resolution::Returned(value) => codec::decode(&value).map(Ok),
            Resolution::Failed(error) => codec::decode(&error).map(Err),
            Resolution::Cancelled => Ok(Err(ChildError::Cancelled)),
            other => Err(codec::Error::custom(format_args!(
                "a wait for a child cannot end with {other:?}"
            ))),
        }
    }
}

impl<R: Durable> Spawn for Child<R> {}

/// Why a child gave nothing to the workflow that waited for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum ChildError {
    /// The workflow that waits was cancelled meanwhile; what becomes of the child, [`ChildCancellation`]
    /// says.
    #[error("the workflow was cancelled")]
    Cancelled,
    /// The child was ended from outside, without its code.
    #[error("{id} was terminated: {reason}")]
    Terminated {
        /// The child.
        id: WorkflowId,
        /// Why.
        reason: String,
    },
    /// The child took too long, and was ended without its code.
    #[error("{id} timed out: {reason}")]
    TimedOut {
        /// The child.
        id: WorkflowId,
        /// Which limit it reached.
        reason: String,
    },
    /// The child was started by another run (the one before a
    /// [`continue_as_new`](super::continue_as_new), for example), and only that is told of its end.
    #[error("{0} was started by another run")]
    NotOurs(WorkflowId),
}

impl From<Cancelled> for ChildError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}
