//! Starting, watching and steering workflows from outside.
//!
//! ```text
//!   start_process_order(&client, "order-42", order).await ──▶ Handle<R> ──result().await──▶ R
//!                                    │                           │
//!                                    ▼                           ▼ describe, inspect, cancel, …
//!                              Store::start                 Store::find, Store::send
//! ```
//!
//! A [`Client`] speaks to the store directly: it needs no server, and workers need not run. All of
//! its futures may be dropped at any await; what the store acknowledged stays.

mod activity;
mod check;
mod coded;
mod describe;
mod error;
mod handle;
mod inspect;
mod link;
mod list;
mod published;
mod query;
mod queueing;
mod queues;
mod schedule;
mod signal;
mod start;
mod steps;
mod tags;
mod transact;
mod update;
mod wait;

#[cfg(test)]
mod tests;

pub use activity::{CompletionError, RemoteActivity};
pub use check::{Checked, CheckedPage};
pub use describe::{Awaited, Description, Elsewhere, Heartbeat, Location, PendingCancel, Waiting};
pub use error::{ClientError, ResultError};
pub use handle::Handle;
pub use inspect::{InspectedLocal, InspectedWait, Inspection};
pub use link::{Link, Outcome};
pub use list::{Found, Summary};
pub use query::InvalidCondition;
pub(crate) use query::value as attribute;
pub use queues::QueueHandle;
pub use schedule::{
    CreateSchedule, ScheduleDescription, ScheduleError, ScheduleHandle, ScheduleSummary,
};
pub use signal::{SIGNAL_BYTES_MAX, SendSignal, SignalError, StartWithSignal};
pub use start::{INPUT_BYTES_MAX, Start, StartError, start};
pub use steps::{Answer, OperationEnd, Step, StepEnd};
pub use update::{PendingUpdate, SendUpdate, StartWithUpdate, UpdateError};

use crate::clock::{Clock, SystemClock};
use crate::id::{Timestamp, WorkflowId};
use crate::interception::{StartInterceptor, StartInterceptors};
use crate::payload::Codecs;
use crate::propagation::{Propagator, Propagators};
use crate::store::{Deleted, RunRecord, Store, StoreError, WorkerRecord};
use std::fmt;
use std::sync::Arc;
use wait::Changes;

/// The queue of workflows that are started without naming one.
pub const DEFAULT_QUEUE: &str = "default";

pub use crate::store::UNREAD_MAX;

/// The way into a store for applications: starts workflows and answers questions about them.
///
/// Cheap to clone; clones share one store handle and one watch for changes.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    propagators: Propagators,
    interceptors: StartInterceptors,
}

struct Shared {
    store: Arc<dyn Store>,
    link: Option<Arc<dyn Link>>,
    clock: Arc<dyn Clock>,
    changes: Changes,
    unread_max: u32,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("store", &self.shared.store)
            .field("in_worker", &self.shared.link.is_some())
            .field("propagators", &self.propagators)
            .field("interceptors", &self.interceptors)
            .finish()
    }
}

impl Client {
    /// Opens the store behind a URL, such as `sqlite://orders.db` (created if it does not exist).
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Ok(Self::new(crate::store::open(url).await?))
    }

    /// As [`connect`](Self::connect), and values are encoded and decoded by these codecs. Workers
    /// on the same store must have them too: see [`Codecs`].
    pub async fn connect_with(url: &str, codecs: &Codecs) -> Result<Self, StoreError> {
        Ok(Self::new(codecs.over(crate::store::open(url).await?)))
    }

    /// A client of a store that is already open.
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::build(store, None, Arc::new(SystemClock), UNREAD_MAX)
    }

    /// A client inside a worker process: what it starts is at work at once, without a queue, and
    /// results of local runs are seen without reading the store.
    #[must_use]
    pub fn with_link(store: Arc<dyn Store>, link: Arc<dyn Link>) -> Self {
        Self::build(store, Some(link), Arc::new(SystemClock), UNREAD_MAX)
    }

    fn build(
        store: Arc<dyn Store>,
        link: Option<Arc<dyn Link>>,
        clock: Arc<dyn Clock>,
        unread_max: u32,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                clock,
                changes: Changes::new(link.is_none()),
                link,
                unread_max,
            }),
            propagators: Propagators::default(),
            interceptors: StartInterceptors::default(),
        }
    }

    /// The same, but it takes the time from this clock.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        let Shared {
            store,
            link,
            unread_max,
            ..
        } = &*self.shared;
        Self {
            propagators: self.propagators.clone(),
            interceptors: self.interceptors.clone(),
            ..Self::build(store.clone(), link.clone(), clock, *unread_max)
        }
    }

    /// The same, but it sends no signal or update to a workflow that has this many unread ones; the
    /// error is [`ClientError::Full`], and nothing is lost. Default: [`UNREAD_MAX`]; 0
    /// counts as 1, so that a start with a signal has room for it. A workflow that reads more slowly
    /// than others write would fill the store.
    #[must_use]
    pub fn unread_max(self, unread_max: u32) -> Self {
        let Shared {
            store, link, clock, ..
        } = &*self.shared;
        Self {
            propagators: self.propagators.clone(),
            interceptors: self.interceptors.clone(),
            ..Self::build(
                store.clone(),
                link.clone(),
                clock.clone(),
                unread_max.max(1),
            )
        }
    }

    /// The same, but what it starts gets headers from this too.
    #[must_use]
    pub fn propagator(mut self, propagator: impl Propagator) -> Self {
        self.propagators = self.propagators.with(Arc::new(propagator));
        self
    }

    /// For a worker in the same process.
    pub(crate) fn shared_propagators(&self) -> Propagators {
        self.propagators.clone()
    }

    /// The same, and starts are looked at by this; see [`crate::interception`].
    #[must_use]
    pub fn intercept_starts(mut self, interceptor: impl StartInterceptor) -> Self {
        self.interceptors = self.interceptors.with(Arc::new(interceptor));
        self
    }

    pub(crate) fn interceptors(self, interceptors: StartInterceptors) -> Self {
        Self {
            interceptors,
            ..self
        }
    }

    pub(crate) fn propagators(self, propagators: Propagators) -> Self {
        Self {
            propagators,
            ..self
        }
    }

    /// A handle to a workflow that was started earlier, by anyone. `R` is the whole return type
    /// of its function; a wrong one is noticed when the result is decoded. For tools that do not
    /// know the type, `Handle<serde_json::Value>` and [`Handle::result_json`] do.
    pub async fn handle<R>(&self, id: impl Into<String>) -> Result<Handle<R>, ClientError> {
        let record = self.record(&WorkflowId::new(id)?).await?;
        Ok(Handle::new(self.clone(), record.id, record.run))
    }

    /// All workers on record, live ones first.
    pub async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.store().workers().await
    }

    /// Deletes a workflow that has ended: all runs of its id, and their children that have ended.
    /// Its id is free then, as if it had never been started.
    ///
    /// # Errors
    /// [`ClientError::Running`] if it has not ended, [`ClientError::NotFound`] if there is none.
    pub async fn delete(&self, id: impl Into<String>) -> Result<(), ClientError> {
        let id = WorkflowId::new(id)?;
        match self.store().delete(&id).await? {
            Deleted::Runs(_) => Ok(()),
            Deleted::Running => Err(ClientError::Running(id)),
            Deleted::NotFound => Err(ClientError::NotFound(id)),
        }
    }

    /// Closes the store's handle; it is shared by all clones of this client.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.store().close().await
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.shared.store
    }

    /// For a worker on the same handle.
    pub(crate) fn shared_store(&self) -> Arc<dyn Store> {
        self.shared.store.clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn link(&self) -> Option<&dyn Link> {
        self.shared.link.as_deref()
    }

    /// The workflow takes no more messages.
    fn full(&self, id: WorkflowId) -> ClientError {
        let unread_max = self.shared.unread_max;
        ClientError::Full { id, unread_max }
    }

    async fn record(&self, id: &WorkflowId) -> Result<RunRecord, ClientError> {
        let found = self.store().find(id).await?;
        found.ok_or_else(|| ClientError::NotFound(id.clone()))
    }
}
