//! The seam between a client and a worker in the same process.

use crate::id::RunId;
use crate::registry::Ambiguous;
use crate::store::{NewRun, Phase, StoreError, Written};
use async_trait::async_trait;
use tokio::sync::watch;

/// A short way into the worker of this process, for clients that live beside it.
#[async_trait]
pub trait Link: std::fmt::Debug + Send + Sync + 'static {
    /// Starts a run that this worker owns from birth. A worker that does not serve the run's
    /// queue or is about to stop starts it without an owner instead. Durable when it returns;
    /// the answers are those of [`crate::store::Store::start`].
    async fn start(&self, run: NewRun) -> Result<Written, StoreError>;

    /// If this worker has the run in memory: waits until it does not, and says how it ended if it
    /// did. `None`, at once or later, means: ask the store.
    async fn ended(&self, run: RunId) -> Option<Outcome>;

    /// A message was put into an inbox: the worker may want to look. (A store does not tell a
    /// handle of what was written through it.)
    fn poke(&self) {}

    /// Changes when runs of this worker have answered updates.
    fn answers(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }

    /// Waits until `answers` has changed; for ever if it never will.
    async fn answered(&self, answers: &mut watch::Receiver<u64>) {
        if answers.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Why this worker will never run: nobody should wait for it.
    fn refuses(&self) -> Option<Ambiguous> {
        None
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Anything but [`Phase::Running`].
    pub phase: Phase,
    /// The encoded return value, if the function returned.
    pub output: Option<Vec<u8>>,
    /// Why it did not complete, for people.
    pub error: Option<String>,
}
