//! The surroundings of one test: a store, a clock, workers, and activities to be replaced.

use super::acts::Acts;
use super::builder::TestEnvBuilder;
use super::database::Database;
use super::ends::Ends;
use super::failure::{Failure, Planned};
use super::hold::Hold;
use super::life::Life;
use super::link::Links;
use super::log::Log;
use super::mock::{self, Activity, Mock};
use super::store::WorkerStore;
use super::worker::Running;
use crate::client::Client;
use crate::clock::{Clock, VirtualClock};
use crate::engine::{Worker, WorkerOptions};
use crate::id::Timestamp;
use crate::registry::Activities;
use crate::store::Store;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The instant at which every test begins: 2026-01-01, midnight UTC.
const BEGIN: Timestamp = Timestamp(1_767_225_600_000);
/// Longer than any sleep of a test: a worker is dead when it was killed, and not because the clock
/// has jumped.
const LEASE: Duration = Duration::from_secs(1_000 * 365 * 86_400);

/// Everything around a workflow under test: a store, in memory unless
/// [`builder`](Self::builder) says otherwise, a clock that jumps over sleeps, one
/// worker with all that is linked into the test, and a client.
///
/// Time stands still while the test does something, and passes only while it awaits
/// [`Handle::result`](crate::Handle::result) (or `outcome`), the answer of an update,
/// [`advance`](Self::advance) or [`settle`](Self::settle): then the clock jumps to the next instant for which somebody waits, as
/// soon as nobody has anything left to do at the present one. No test sleeps in real time.
///
/// ```standalone_crate
/// use durable_runtime::prelude::*;
/// use durable_runtime::testing::{Failure, TestEnv};
///
/// #[activity(retry(max_attempts = 3))]
/// async fn greet(name: String) -> Result<String, String> {
///     Ok(format!("hello, {name}")) // imagine an HTTP call
/// }
///
/// #[workflow]
/// async fn welcome(name: String) -> Result<String, Error> {
///     sleep(Duration::from_secs(30 * 86_400)).await?;
///     greet(name).await.map_err(Error::msg)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // #[tokio::test]
/// let env = TestEnv::new();
/// env.mock(greet, |name: String| Ok(format!("hi, {name}")));
/// env.fail(greet, 2, Failure::Error("the line is busy".to_owned()));
///
/// let handle = start_welcome(env.client(), "welcome-ada", "Ada".to_owned()).await.unwrap();
/// assert_eq!(handle.result().await.unwrap().unwrap(), "hi, Ada");
/// assert_eq!(env.log().calls(), ["greet", "greet", "greet"]);
/// assert_eq!(env.elapsed(), Duration::from_secs(30 * 86_400 + 1 + 2)); // with two pauses
/// # }
/// ```
///
/// Cheap to clone; clones are the same surroundings. Those of two tests know nothing of each other.
#[derive(Clone, Debug)]
pub struct TestEnv {
    shared: Arc<Shared>,
    client: Client,
}

#[derive(Debug)]
struct Shared {
    clock: VirtualClock,
    hold: Hold,
    database: Database,
    /// The test's own handle.
    store: Arc<dyn Store>,
    acts: Arc<Acts>,
    ends: Arc<Ends>,
    links: Arc<Links>,
    made: TestEnvBuilder,
    workers: Mutex<Vec<Running>>,
}

impl Default for TestEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl TestEnv {
    /// Surroundings with one worker.
    ///
    /// # Panics
    /// Outside of a Tokio runtime, and when two workflows or activities that are linked into the
    /// test bear one name.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// The same, with workers that work like this. The lease and the jitter of retries are the
    /// kit's: in a test a worker is dead when it was killed, and retries come exactly when their
    /// policy says.
    ///
    /// # Panics
    /// As [`new`](Self::new) does.
    #[must_use]
    pub fn with_options(options: WorkerOptions) -> Self {
        Self::builder().options(options).build()
    }

    pub(super) fn made(builder: &TestEnvBuilder) -> Self {
        let mut made = builder.clone();
        made.options.lease = LEASE;
        made.options.exact_retries = true;
        let clock = VirtualClock::new(BEGIN);
        let hold = Hold::new(clock.clone());
        let database = Database::new(&made.kind, made.codecs.clone());
        let store = database.handle();
        let ends = Arc::new(Ends::new(store.clone(), clock.clone()));
        let links = Links::new(store.clone(), clock.clone(), hold.clone(), ends.clone());
        let links = Arc::new(links);
        // What a worker's own client would have of it.
        let like = (made.worker)(Worker::new(store.clone(), made.options.clone())).client();
        let client = Client::with_link(store.clone(), links.clone())
            .clock(Arc::new(clock.clone()))
            .propagators(like.shared_propagators());
        let env = Self {
            shared: Arc::new(Shared {
                acts: Arc::new(Acts::new(clock.clone())),
                clock,
                hold,
                database,
                store,
                ends,
                links,
                made,
                workers: Mutex::default(),
            }),
            client,
        };
        for _ in 0..builder.workers {
            env.start_worker();
        }
        env
    }

    /// A client, for the `start_…` functions of workflows.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    // --- activities ----------------------------------------------------------------------

    /// From now on this closure stands in for the body of an activity; one without a closure runs
    /// its own body. The closure takes what the activity takes (the owned value for a reference),
    /// and gives what it gives, or a future of that; rustc checks this.
    ///
    /// It runs in every attempt that does not fail by [`fail`](Self::fail), with the activity's own
    /// time-outs and retries. [`activity::context`](crate::activity::context) tells it which
    /// attempt it is in, and [`activity::sleep`](crate::activity::sleep) takes time on the test's
    /// clock.
    ///
    /// # Panics
    /// When `activity` is not the function of an `#[activity]` but one around it.
    #[expect(clippy::needless_pass_by_value, reason = "the name of a function")]
    pub fn mock<A, F, M, How>(&self, activity: F, mock: M)
    where
        A: 'static,
        F: Activity<A>,
        M: Mock<A, F::Value, F::Error, How>,
        How: 'static,
    {
        let def = mock::definition(&activity);
        let body = mock::body::<A, F, M, How>(def, mock);
        self.shared.acts.mock(def, body);
    }

    /// From now on the activities that are methods of this type run on this value, in all workers;
    /// those that are mocked do not need one.
    pub fn with<T: Activities>(&self, value: T) {
        self.shared.acts.with(Arc::new(value));
    }

    /// Lets the first `times` attempts of each call of an activity fail like this; those after them
    /// are as before. More failures are added behind: first these, then those.
    ///
    /// # Panics
    /// As [`mock`](Self::mock) does.
    #[expect(clippy::needless_pass_by_value, reason = "the name of a function")]
    pub fn fail<A, F: Activity<A>>(&self, activity: F, times: u32, failure: Failure<F::Error>) {
        let def = mock::definition(&activity);
        let failure = Planned::new::<F::Value, F::Error>(def, failure);
        self.shared.acts.fail(def, times, failure);
    }

    /// Every attempt of every activity so far, as the outside world has seen it.
    #[must_use]
    pub fn log(&self) -> Log {
        self.shared.acts.log()
    }

    // --- time ----------------------------------------------------------------------------

    /// The present instant, on the test's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// How much time has passed on the test's clock.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.shared.acts.elapsed()
    }

    /// Lets this much time pass, with everything that happens meanwhile, also at its last instant.
    pub async fn advance(&self, duration: Duration) {
        let at = self.now().after(duration);
        let sleeping = self.shared.clock.sleep_until(at);
        self.shared.hold.wait(sleeping).await;
        self.settle().await;
    }

    /// Lets everything happen that happens at the present instant: until all workflows have ended
    /// or wait for time to pass or for somebody outside.
    pub async fn settle(&self) {
        let quiet = self.shared.clock.quiet();
        self.shared.hold.wait(quiet).await;
    }

    // --- workers -------------------------------------------------------------------------

    /// Starts one more worker.
    ///
    /// # Panics
    /// As [`new`](Self::new) does.
    pub fn start_worker(&self) {
        let shared = &self.shared;
        let life = Arc::new(Life::default());
        let store = Arc::new(WorkerStore {
            inner: shared.database.handle(),
            life: life.clone(),
            ends: shared.ends.clone(),
            cuts: shared.made.cuts.clone(),
            links: Arc::downgrade(&shared.links),
        });
        let registry = shared.acts.registry(&life, shared.made.only);
        let registry = registry.unwrap_or_else(|ambiguous| panic!("{ambiguous}"));
        let worker = Worker::new(store, shared.made.options.clone());
        let worker = (shared.made.worker)(worker)
            .registry(registry)
            .for_all_queues()
            .clock(Arc::new(shared.clock.clone()));
        let (running, link) = Running::new(worker, life.clone());
        shared.links.enter(life, link);
        self.workers().push(running);
    }

    /// Kills the worker that has run for the longest time, as `kill -9` kills a process: what it
    /// had in memory is lost, its activities stop where they are, and another worker, now or
    /// later, goes on from what is stored. Nothing happens if there is none.
    pub async fn kill_worker(&self) {
        let oldest = {
            let mut workers = self.workers();
            (!workers.is_empty()).then(|| workers.remove(0))
        };
        if let Some(worker) = oldest {
            self.kill(worker).await;
        }
    }

    /// Kills all workers and starts one.
    pub async fn restart_worker(&self) {
        let workers = std::mem::take(&mut *self.workers());
        for worker in workers {
            self.kill(worker).await;
        }
        self.start_worker();
    }

    async fn kill(&self, worker: Running) {
        // Not even the last guard of the dead lets time pass.
        let busy = self.shared.clock.busy();
        self.shared.links.leave(&worker.life);
        worker.kill(&*self.shared.store).await;
        self.shared.links.take_over();
        drop(busy);
    }

    /// Kills this worker; time stands still while the answer lives.
    pub(super) async fn kill_this(&self, life: Arc<Life>) -> crate::clock::Busy {
        let busy = self.shared.clock.busy();
        let found = {
            let mut workers = self.workers();
            let at = workers.iter().position(|w| Arc::ptr_eq(&w.life, &life));
            at.map(|at| workers.remove(at))
        };
        drop(life);
        if let Some(worker) = found {
            self.kill(worker).await;
        }
        busy
    }

    pub(super) fn ends(&self) -> &Ends {
        &self.shared.ends
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.shared.store
    }

    fn workers(&self) -> MutexGuard<'_, Vec<Running>> {
        let workers = self.shared.workers.lock();
        workers.unwrap_or_else(PoisonError::into_inner)
    }
}
