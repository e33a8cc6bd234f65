//! How the surroundings of a test are made: on which store, by which workers.

use super::TestEnv;
use super::crash::{self, CrashReport, Cuts};
use super::database::{Kind, Make};
use crate::engine::{Worker, WorkerOptions};
use crate::payload::Codecs;
use crate::registry::WorkflowDef;
use crate::store::Store;
use std::fmt::{self, Debug};
use std::sync::Arc;

type Configured = Arc<dyn Fn(Worker) -> Worker + Send + Sync>;

/// Makes a [`TestEnv`], or one for each run of [`crash_everywhere`](Self::crash_everywhere).
///
/// ```standalone_crate
/// use durable_runtime::prelude::*;
/// use durable_runtime::testing::TestEnv;
///
/// #[activity(transactional)]
/// fn book(tx: &mut Transaction<'_>, seat: &str) -> Result<(), Error> {
///     tx.execute("INSERT INTO seats VALUES (?1)", (seat,))?;
///     Ok(())
/// }
///
/// #[workflow]
/// async fn travel(seat: String) -> Result<(), Error> {
///     book(&seat).await?;
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // #[tokio::test]
/// let env = TestEnv::builder().sqlite().build();
/// let table = env.client().transact(|tx| tx.execute("CREATE TABLE seats (seat TEXT)", ()));
/// table.await.unwrap().unwrap();
///
/// let handle = start_travel(env.client(), "t-1", "12A".to_owned()).await.unwrap();
/// handle.result().await.unwrap().unwrap();
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is told to build"]
pub struct TestEnvBuilder {
    pub(super) kind: Kind,
    pub(super) codecs: Codecs,
    pub(super) options: WorkerOptions,
    pub(super) worker: Configured,
    pub(super) workers: usize,
    /// The one workflow that workers run, if not all that are linked.
    pub(super) only: Option<&'static WorkflowDef>,
    pub(super) cuts: Arc<Cuts>,
    /// How many crashes [`crash_everywhere`](TestEnvBuilder::crash_everywhere) makes at most on each side of a write.
    pub(super) crashes: usize,
}

impl TestEnv {
    /// Surroundings that differ from those of [`new`](Self::new): on another store, or with other
    /// workers.
    pub fn builder() -> TestEnvBuilder {
        TestEnvBuilder {
            kind: Kind::default(),
            codecs: Codecs::default(),
            options: WorkerOptions::default(),
            worker: Arc::new(|worker| worker),
            workers: 1,
            only: None,
            cuts: Arc::default(),
            crashes: usize::MAX,
        }
    }
}

impl TestEnvBuilder {
    /// Keeps workflows in a SQLite file, for [transactional activities](crate::transaction) and for
    /// tests of the store that goes into production. Each worker opens the file for itself, as a
    /// process of its own would; it is in a new folder among the temporary files, and gone when
    /// the test is over.
    pub fn sqlite(self) -> Self {
        let kind = Kind::Sqlite;
        Self { kind, ..self }
    }

    /// Keeps workflows in the store that this makes, for each environment an empty one. All workers
    /// share it.
    pub fn store(self, make: impl Fn() -> Arc<dyn Store> + Send + Sync + 'static) -> Self {
        let make: Make = Arc::new(make);
        let kind = Kind::Own(make);
        Self { kind, ..self }
    }

    /// Values are encoded and decoded by these codecs, in workers and in the client.
    pub fn codecs(self, codecs: &Codecs) -> Self {
        let codecs = codecs.clone();
        Self { codecs, ..self }
    }

    /// The options of all workers. The lease and the jitter of retries are the kit's.
    pub fn options(self, options: WorkerOptions) -> Self {
        Self { options, ..self }
    }

    /// Configures each worker before it begins: interceptors and propagators. What a propagator
    /// does at starts is done by the client of the test as well. Its clock and what it runs are the
    /// kit's: values with methods that are activities are given by [`TestEnv::with`].
    ///
    /// ```
    /// # use durable_runtime::interception::{ActivityInterceptor, Attempt, Ended, Next};
    /// # use durable_runtime::testing::TestEnv;
    /// #[derive(Debug)]
    /// struct Closed;
    ///
    /// impl ActivityInterceptor for Closed {
    ///     async fn execute(&self, _: Attempt<'_>, _: Next<'_>) -> Ended {
    ///         Ended::refused("we are closed")
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let env = TestEnv::builder().worker(|worker| worker.intercept_activities(Closed)).build();
    /// # }
    /// ```
    pub fn worker(self, configure: impl Fn(Worker) -> Worker + Send + Sync + 'static) -> Self {
        let before = self.worker;
        let worker: Configured = Arc::new(move |worker| configure(before(worker)));
        Self { worker, ..self }
    }

    /// How many workers there are at the beginning: one, unless this says otherwise.
    pub fn workers(self, workers: usize) -> Self {
        Self { workers, ..self }
    }

    /// Workers run this one workflow, and not all that are linked into the test: each is born much
    /// sooner where these are hundreds.
    #[doc(hidden)]
    pub fn only(self, workflow: &'static WorkflowDef) -> Self {
        let only = Some(workflow);
        Self { only, ..self }
    }

    /// At most so many crashes before a write, and as many after one, by
    /// [`crash_everywhere`](Self::crash_everywhere): at the first write, at the last, and spread evenly between. For
    /// workflows of very many awaits, since a run for each write takes the square of their number. Then not each
    /// await has its crash, and the report does not demand it.
    ///
    /// The default is a crash at each write.
    pub fn crashes(self, most: usize) -> Self {
        Self {
            crashes: most,
            ..self
        }
    }

    /// The surroundings, with their workers at work.
    ///
    /// # Panics
    /// As [`TestEnv::new`] does, and when the SQLite file cannot be made.
    #[must_use]
    pub fn build(&self) -> TestEnv {
        TestEnv::made(self)
    }

    /// As [`crash_everywhere`](super::crash_everywhere), with such surroundings for each run.
    ///
    /// # Panics
    /// As that does.
    pub async fn crash_everywhere<T, S>(&self, scenario: S) -> CrashReport
    where
        S: AsyncFn(&TestEnv) -> T,
        T: PartialEq + Debug,
    {
        crash::everywhere(self, scenario).await
    }
}

impl Debug for TestEnvBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestEnvBuilder")
            .field("kind", &self.kind)
            .field("options", &self.options)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}
