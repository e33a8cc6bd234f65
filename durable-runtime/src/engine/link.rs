//! The way into a worker from its own process.

use super::health::{Health, HealthSender};
use crate::client::{Link, Outcome};
use crate::clock::{Busy, Clock};
use crate::id::RunId;
use crate::registry::Ambiguous;
use crate::store::{NewRun, Store, StoreError, Written};
use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// How many starts are on their way to the worker; further ones wait for a place, since it takes them
/// without waiting for anything itself.
pub(super) const STARTS_MAX: usize = 1024;

/// A start on its way to the worker.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) new: NewRun,
    pub(super) busy: Busy,
    pub(super) answer: oneshot::Sender<Result<Written, StoreError>>,
}

/// A short way into the worker of this process. Cheap to clone; it outlives the worker, and then
/// everything goes through the store.
#[derive(Clone, Debug)]
pub struct WorkerLink(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Arc<dyn Store>,
    /// The worker's clock, once it is known.
    clock: Mutex<Arc<dyn Clock>>,
    queue: String,
    starts: mpsc::Sender<Start>,
    pokes: Arc<Pokes>,
    watched: Arc<Watched>,
    health: HealthSender,
    /// The worker's queue has a line, as far as it knows: starts go to the store.
    line: Arc<AtomicBool>,
    /// Why the worker will never run.
    refusal: Mutex<Option<Ambiguous>>,
}

/// Asks the worker to look for mail and for work.
#[derive(Debug, Default)]
pub(super) struct Pokes {
    busy: Mutex<Vec<Busy>>,
    /// Runs of dead workers are to be taken over as well.
    sweep: AtomicBool,
    bell: Notify,
}

impl Pokes {
    /// Asks for a look; the guard is held until then.
    pub(super) fn poke(&self, busy: Busy) {
        self.busy
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(busy);
        self.bell.notify_one();
    }

    /// Asks for runs of dead workers to be taken over too.
    #[cfg(feature = "testing")]
    fn poke_to_sweep(&self, busy: Busy) {
        self.sweep.store(true, Ordering::Release);
        self.poke(busy);
    }

    /// Whether that was asked for since the last time.
    pub(super) fn is_to_sweep(&self) -> bool {
        self.sweep.swap(false, Ordering::AcqRel)
    }

    /// Waits for a poke; the guards are to be held until the worker has looked.
    pub(super) async fn poked(&self) -> Vec<Busy> {
        self.bell.notified().await;
        std::mem::take(&mut *self.busy.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl WorkerLink {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        queue: String,
    ) -> (Self, mpsc::Receiver<Start>) {
        let (starts, receiver) = mpsc::channel(STARTS_MAX);
        let shared = Shared {
            store,
            clock: Mutex::new(clock),
            queue,
            starts,
            pokes: Arc::default(),
            watched: Arc::default(),
            health: HealthSender::new(),
            line: Arc::default(),
            refusal: Mutex::default(),
        };
        (Self(Arc::new(shared)), receiver)
    }

    /// Starts a run that this worker owns from birth, without a queue. A worker that serves
    /// another queue, is full or not running starts it without an owner instead. Durable when it
    /// returns; the answers are those of [`Store::start`].
    pub async fn start(&self, new: NewRun) -> Result<Written, StoreError> {
        let takes_starts = !matches!(
            *self.0.health.watch().borrow(),
            Health::Stopped | Health::Stopping
        );
        let waits = new.queueing.asks_for_a_line() || self.0.line.load(Ordering::Acquire);
        if takes_starts && new.queue == self.0.queue && !waits {
            let (answer, answered) = oneshot::channel();
            let start = Start {
                new: new.clone(),
                busy: self.clock().busy(),
                answer,
            };
            if self.0.starts.send(start).await.is_ok()
                && let Ok(written) = answered.await
            {
                return written;
            }
        }
        // If a worker began with it and died, the same run may exist already; the answer says so.
        let written = self.0.store.start(NewRun { owner: None, ..new }).await;
        self.poke();
        written
    }

    /// Lets the worker look for messages and work at once.
    pub fn poke(&self) {
        self.0.pokes.poke(self.clock().busy());
    }

    /// Lets the worker take over what dead workers have left, without waiting for its next look.
    #[cfg(feature = "testing")]
    pub(crate) fn take_over(&self) {
        self.0.pokes.poke_to_sweep(self.clock().busy());
    }

    /// Whether the worker can do its work, now and later.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.health.watch()
    }

    pub(super) fn set_clock(&self, clock: Arc<dyn Clock>) {
        *self.0.clock.lock().unwrap_or_else(PoisonError::into_inner) = clock;
    }

    pub(super) fn set_refusal(&self, refusal: Option<Ambiguous>) {
        *self.refusal() = refusal;
    }

    fn refusal(&self) -> MutexGuard<'_, Option<Ambiguous>> {
        let refusal = self.0.refusal.lock();
        refusal.unwrap_or_else(PoisonError::into_inner)
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.0
            .clock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn pokes(&self) -> Arc<Pokes> {
        self.0.pokes.clone()
    }

    pub(super) fn line(&self) -> Arc<AtomicBool> {
        self.0.line.clone()
    }

    pub(super) fn watched(&self) -> Arc<Watched> {
        self.0.watched.clone()
    }

    pub(super) fn health_sender(&self) -> HealthSender {
        self.0.health.clone()
    }
}

#[async_trait]
impl Link for WorkerLink {
    async fn start(&self, run: NewRun) -> Result<Written, StoreError> {
        Self::start(self, run).await
    }

    async fn ended(&self, run: RunId) -> Option<Outcome> {
        self.0.watched.ended(run)?.await.ok()
    }

    fn poke(&self) {
        Self::poke(self);
    }

    fn answers(&self) -> watch::Receiver<u64> {
        self.0.watched.answers.subscribe()
    }

    fn refuses(&self) -> Option<Ambiguous> {
        self.refusal().clone()
    }
}

/// The runs in memory, and who waits for their ends.
#[derive(Debug, Default)]
pub(super) struct Watched {
    runs: Mutex<BTreeMap<RunId, Vec<oneshot::Sender<Outcome>>>>,
    /// Counts the commits with answers to updates.
    answers: watch::Sender<u64>,
}

impl Watched {
    fn runs(&self) -> MutexGuard<'_, BTreeMap<RunId, Vec<oneshot::Sender<Outcome>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Updates have been answered, and that is on disk.
    pub(super) fn answered(&self) {
        self.answers.send_modify(|count| *count += 1);
    }

    /// A run is in memory from now on.
    pub(super) fn enter(&self, run: RunId) {
        self.runs().entry(run).or_default();
    }

    /// It is not any more. Without an outcome those who wait ask the store.
    pub(super) fn leave(&self, run: RunId, outcome: Option<&Outcome>) {
        let waiting = self.runs().remove(&run).unwrap_or_default();
        for waiter in waiting {
            if let Some(outcome) = outcome {
                // It may have stopped waiting.
                let _ = waiter.send(outcome.clone());
            }
        }
    }

    /// None is.
    pub(super) fn clear(&self) {
        self.runs().clear();
    }

    fn ended(&self, run: RunId) -> Option<oneshot::Receiver<Outcome>> {
        let mut runs = self.runs();
        let waiting = runs.get_mut(&run)?;
        let (sender, receiver) = oneshot::channel();
        waiting.retain(|waiter| !waiter.is_closed());
        waiting.push(sender);
        Some(receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::{STARTS_MAX, WorkerLink};
    use crate::clock::SystemClock;
    use crate::engine::health::Health;
    use crate::id::{RunId, Timestamp, WorkflowId};
    use crate::store::{MemoryStore, NewRun, Store as _, Written};
    use std::sync::Arc;
    use tokio::task::JoinSet;

    /// The store is closed: a start that went past the worker would say so.
    #[tokio::test]
    async fn starts_beyond_the_channel_wait_for_the_worker() {
        let count = 3 * STARTS_MAX;
        let store = Arc::new(MemoryStore::new());
        store.close().await.expect("it was open");
        let (link, mut arriving) =
            WorkerLink::new(store, Arc::new(SystemClock), "default".to_owned());
        link.health_sender().set(Health::Well);
        let mut starts = JoinSet::new();
        for run in 0..count {
            let (run, link) = (i64::try_from(run).expect("few"), link.clone());
            let id = WorkflowId::new(format!("w{run}")).expect("an id");
            let (kind, queue) = ("order".to_owned(), "default".to_owned());
            let new = NewRun::new(RunId(run), id, kind, queue, Vec::new(), Timestamp(0));
            starts.spawn(async move { link.start(new).await });
        }
        let mut answered = 0;
        while answered < count {
            tokio::select! {
                Some(start) = arriving.recv() => {
                    start.answer.send(Ok(Written::Started)).expect("it waits");
                }
                Some(done) = starts.join_next() => {
                    assert_eq!(done.expect("no panic"), Ok(Written::Started));
                    answered += 1;
                }
            }
        }
    }
}
