//! What all tasks of one incarnation share.

use super::background::Background;
use super::committer::Committer;
use super::gates::Gates;
use super::guard::Guard;
use super::health::HealthSender;
use super::hung::Turns;
use super::ids;
use super::instance::Policy;
use super::link::{Pokes, Watched};
use super::meters::Meters;
use super::misfits::Misfits;
use super::options::{OtherQueues, WorkerOptions};
use super::sizes::Sizes;
use crate::clock::Clock;
use crate::id::Incarnation;
use crate::interception::ActivityInterceptors;
use crate::propagation::Propagators;
use crate::registry::Registry;
use crate::store::{Store, StoreError};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How far a shutdown has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// At work.
    Run,
    /// Nothing new begins; attempts may end.
    Drain,
    /// Attempts are stopped.
    Stop,
}

/// The surroundings of the runs of one incarnation.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) registry: Registry,
    pub(super) options: WorkerOptions,
    pub(super) worker: Incarnation,
    pub(super) committer: Committer,
    pub(super) stage: watch::Receiver<Stage>,
    pub(super) activities: Arc<Semaphore>,
    pub(super) background: Background,
    pub(super) guard: Guard,
    pub(super) watched: Arc<Watched>,
    pub(super) pokes: Arc<Pokes>,
    /// Its queue has a line, as far as is known.
    pub(super) line: Arc<AtomicBool>,
    pub(super) health: HealthSender,
    pub(super) misfits: Arc<Misfits>,
    pub(super) sizes: Sizes,
    pub(super) meters: Arc<Meters>,
    pub(super) turns: Arc<Turns>,
    pub(super) gates: Arc<Gates>,
    pub(super) propagators: Propagators,
    pub(super) interceptors: ActivityInterceptors,
    pub(super) other_queues: OtherQueues,
}

impl Life {
    pub(super) fn policy(&self) -> Policy {
        Policy {
            park_after: self.options.park_after,
            keep_frames: self.options.keep_frames,
            other_queues: self.other_queues,
            exact_retries: self.options.exact_retries,
            draining: *self.stage.borrow() > Stage::Run,
            new_run: ids::new_run,
        }
    }
}

/// The pause between two tries of a read that a sick store refuses.
const READ_RETRY: Duration = Duration::from_millis(50);

/// Reads until the store is well enough to answer.
pub(super) async fn read<T, F>(mut read: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    loop {
        match read().await {
            Err(error) if error.is_transient() => {
                tracing::warn!(%error, "the store cannot be read; trying again");
                tokio::time::sleep(READ_RETRY).await;
            }
            done => return done,
        }
    }
}
