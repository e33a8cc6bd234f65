//! A worker: one incarnation after the other, until it is told to stop.

use super::background::Background;
use super::committer::{Lost, Task};
use super::gates::Gates;
use super::guard::Guard;
use super::health::Health;
use super::hub::{Hub, Over};
use super::hung::Turns;
use super::ids;
use super::life::{Life, Stage, read};
use super::link::{Start, WorkerLink};
use super::meters::Meters;
use super::misfits::Misfits;
use super::options::{OtherQueues, WorkerOptions};
use super::sizes::Sizes;
use crate::client::Client;
use crate::clock::{Busy, Clock, SystemClock};
use crate::id::{InvalidName, check_name};
use crate::interception::{ActivityInterceptor, ActivityInterceptors};
use crate::propagation::{Propagator, Propagators};
use crate::registry::{Activities, Ambiguous, Missing, Registry};
use crate::store::{NewWorker, Store, StoreError, Unblock};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};

/// Why a worker stopped before it was told to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkerError {
    /// The store will not work again; see the source.
    #[error("the worker's store has failed")]
    Store(#[from] StoreError),
    /// It cannot tell what to run; nothing was begun.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// It has activities that it cannot run; nothing was begun.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// Its queue has no name that starts can have; nothing was begun.
    #[error(transparent)]
    Queue(#[from] InvalidName),
    /// Its options name an activity that it does not have; nothing was begun.
    #[error("a limit is set for the activity `{0}`, which this worker does not have")]
    NoSuchActivity(String),
}

/// The pause before a worker that lost its fence registers anew: a store that is broken in a way
/// that kills every incarnation is not hammered.
const REBIRTH_PAUSE: Duration = Duration::from_millis(20);
/// The pause after one bug of the engine too many.
const REBIRTH_PAUSE_MAX: Duration = Duration::from_secs(5);

/// Runs workflows and their activities.
///
/// ```no_run
/// # use durable_runtime::engine::{Worker, WorkerOptions};
/// # use std::sync::Arc;
/// # async fn run(store: Arc<dyn durable_runtime::store::Store>) -> Result<(), Box<dyn std::error::Error>> {
/// let worker = Worker::new(store, WorkerOptions::default());
/// worker.run(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Worker {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    registry: Result<Registry, Ambiguous>,
    options: WorkerOptions,
    link: WorkerLink,
    starts: mpsc::Receiver<Start>,
    misfits: Arc<Misfits>,
    propagators: Propagators,
    interceptors: ActivityInterceptors,
    other_queues: OtherQueues,
}

impl Worker {
    /// A worker for everything linked into this binary, on the system's clock. If two functions in
    /// it bear one name, [`run`](Self::run) and all starts on this worker's clients are refused.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, options: WorkerOptions) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let (link, starts) = WorkerLink::new(store.clone(), clock.clone(), options.queue.clone());
        let registry = Registry::linked();
        link.set_refusal(registry.as_ref().err().cloned());
        Self {
            store,
            clock,
            registry,
            options,
            link,
            starts,
            misfits: Arc::default(),
            propagators: Propagators::default(),
            interceptors: ActivityInterceptors::default(),
            other_queues: OtherQueues::Leave,
        }
    }

    /// Runs these workflows and activities instead of those linked into the binary.
    #[must_use]
    pub fn registry(mut self, registry: Registry) -> Self {
        self.link.set_refusal(None);
        self.registry = Ok(registry);
        self
    }

    /// Runs the activities that are methods of this type
    /// ([`#[activities]`](macro@crate::activities)) on this value.
    #[must_use]
    pub fn with<T: Activities>(self, value: T) -> Self {
        self.with_shared(Arc::new(value))
    }

    /// As [`with`](Self::with), on a value that others have too.
    #[must_use]
    pub fn with_shared<T: Activities>(mut self, value: Arc<T>) -> Self {
        self.registry = self.registry.map(|registry| registry.with(value));
        self
    }

    /// Leaves the activities that are methods of this type to other workers. A workflow that calls
    /// one here is blocked, and says so, unless the call is for another queue.
    #[must_use]
    pub fn without<T: Activities>(mut self) -> Self {
        self.registry = self.registry.map(Registry::without::<T>);
        self
    }

    /// Carries headers on to activities, and links spans, by this too; so do the
    /// [clients](Self::client) that are made after that.
    #[must_use]
    pub fn propagator(mut self, propagator: impl Propagator) -> Self {
        self.propagators = self.propagators.with(Arc::new(propagator));
        self
    }

    /// Runs attempts of activities within this; see [`crate::interception`].
    #[must_use]
    pub fn intercept_activities(mut self, interceptor: impl ActivityInterceptor) -> Self {
        self.interceptors = self.interceptors.with(Arc::new(interceptor));
        self
    }

    /// Within these, too.
    pub(crate) fn interceptors(mut self, interceptors: ActivityInterceptors) -> Self {
        self.interceptors = interceptors;
        self
    }

    /// By what this client has.
    pub(crate) fn propagating(mut self, client: &Client) -> Self {
        self.propagators = client.shared_propagators();
        self
    }

    /// Carries out the activities of other queues too that its own workflows call.
    #[cfg(feature = "testing")]
    pub(crate) fn for_all_queues(mut self) -> Self {
        self.other_queues = OtherQueues::CarryOut;
        self
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.link.set_clock(clock.clone());
        self.clock = clock;
        self
    }

    /// The way into this worker for clients in the same process.
    #[must_use]
    pub fn link(&self) -> WorkerLink {
        self.link.clone()
    }

    /// A client in the same process: what it starts on this worker's queue is at work at once, and
    /// it hears of results without reading the store.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::with_link(self.store.clone(), Arc::new(self.link.clone()))
            .clock(self.clock.clone())
            .propagators(self.propagators.clone())
    }

    /// Works until `shutdown` is ready; then begins nothing new, lets running activities end
    /// within [`WorkerOptions::shutdown_grace`], hands everything back and returns.
    ///
    /// A worker that was declared dead, or whose database went back in time, drops all that it has
    /// in memory and goes on as a new one. Dropping the future is a crash: others (or a later
    /// worker) take over when the lease has ended, and nothing that was committed is lost.
    ///
    /// # Errors
    /// When the store was closed or is unusable; errors that may pass are waited for. Before
    /// anything runs, when two workflows or activities that are linked into this binary bear the
    /// same name, or activities are methods of a type of which the worker was given no value.
    pub async fn run(
        mut self,
        shutdown: impl Future<Output = ()> + Send,
    ) -> Result<(), WorkerError> {
        let mut shutdown = pin!(shutdown);
        let health = self.link.health_sender();
        let registry = self.registry.clone()?;
        if let Err(error) = check_name("a queue's name", &self.options.queue) {
            health.set(Health::Stopped);
            return Err(error.into());
        }
        if let Some(missing) = registry.missing() {
            health.set(Health::Stopped);
            return Err(missing.into());
        }
        let mut limited = self.options.activities.keys();
        if let Some(unknown) = limited.find(|name| registry.activity(name).is_none()) {
            health.set(Health::Stopped);
            return Err(WorkerError::NoSuchActivity(unknown.clone()));
        }
        let ended = self.lives(&registry, shutdown.as_mut()).await;
        health.set(Health::Stopped);
        // Starts that arrived too late go to the store.
        self.starts.close();
        ended
    }

    async fn lives(
        &mut self,
        registry: &Registry,
        mut shutdown: Pin<&mut (dyn Future<Output = ()> + Send)>,
    ) -> Result<(), WorkerError> {
        let (store, now) = (self.store.clone(), self.clock.now());
        let points: Vec<_> = registry.points().into_iter().map(any_frame).collect();
        let gates = Arc::new(Gates::new(&self.options.activities, &self.clock));
        let meters = Arc::new(Meters::new(&self.options.queue, self.clock.clone()));
        tokio::select! {
            biased;
            () = &mut shutdown => return Ok(()),
            unblocked = read(|| store.unblock(&points, now)) => {
                let count = unblocked?;
                if count > 0 {
                    tracing::info!(count, "blocked workflows will be tried again");
                }
            }
        }
        let mut pause = REBIRTH_PAUSE;
        loop {
            let over = tokio::select! {
                biased;
                () = &mut shutdown => return Ok(()),
                born = self.born(registry, &meters, &gates) => born?,
            };
            let (life, committer, stage, busy) = over;
            let worker = life.worker;
            let hub = Hub::new(life.clone(), stage, &mut self.starts, committer);
            match hub.run(shutdown.as_mut(), busy).await {
                Over::Shutdown => {
                    let grace = self.clock.now().after(self.options.shutdown_grace);
                    let late = self.clock.sleep_until(grace);
                    tokio::select! {
                        () = life.background.over() => {}
                        _ = late => {}
                    }
                    return Ok(read(|| store.retire(worker)).await?);
                }
                Over::Lost(Lost::Store(error)) => return Err(error.into()),
                Over::Lost(reason) => {
                    meters.lost(&reason);
                    tracing::warn!(%worker, %reason, "starting over as a new worker");
                    // If it is not dead yet, its runs need not wait for the end of its lease.
                    if let Err(error) = store.retire(worker).await {
                        tracing::warn!(%error, "the old worker could not be retired");
                    }
                    pause = match reason {
                        Lost::Bug(_) => (pause * 2).min(REBIRTH_PAUSE_MAX),
                        _ => REBIRTH_PAUSE,
                    };
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    /// Registers a new incarnation. It is at work until its first beat is due: a virtual clock
    /// must not let its lease end while the store still writes it.
    async fn born(
        &self,
        registry: &Registry,
        meters: &Arc<Meters>,
        gates: &Arc<Gates>,
    ) -> Result<(Arc<Life>, Task, watch::Sender<Stage>, Busy), StoreError> {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let busy = clock.busy();
        let label = label();
        let worker = read(|| async {
            // A registration whose answer was lost is forgotten, not repeated.
            let worker = ids::new_incarnation();
            let lease_until = clock.now().after(self.options.lease);
            let points = registry.points();
            let new = NewWorker {
                worker,
                label: label.clone(),
                points,
                lease_until,
            };
            store.register(new).await.map(|()| worker)
        })
        .await?;
        let health = self.link.health_sender();
        health.set(Health::Well);
        let (committer, task) = Task::new(
            store.clone(),
            clock.clone(),
            worker,
            self.options.lease,
            health,
            meters.clone(),
        );
        let (stage, stages) = watch::channel(Stage::Run);
        let life = Life {
            store,
            clock,
            registry: registry.clone(),
            options: self.options.clone(),
            worker,
            committer,
            stage: stages,
            activities: Arc::new(Semaphore::new(self.options.max_activities)),
            background: Background::default(),
            guard: Guard::default(),
            watched: self.link.watched(),
            pokes: self.link.pokes(),
            line: self.link.line(),
            health: self.link.health_sender(),
            misfits: self.misfits.clone(),
            sizes: Sizes::default(),
            meters: meters.clone(),
            turns: Turns::watched(self.clock.clone(), meters.clone()),
            gates: gates.clone(),
            propagators: self.propagators.clone(),
            interceptors: self.interceptors.clone(),
            other_queues: self.other_queues,
        };
        Ok((Arc::new(life), task, stage, busy))
    }
}

/// A blocked run is tried again whatever its frame: decoding it decides.
fn any_frame(point: String) -> Unblock {
    Unblock {
        point,
        fingerprint: None,
    }
}

/// Host and process id, for people.
fn label() -> String {
    let host = std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned());
    format!("{host}/{}", std::process::id())
}
