//! The one thread that writes, and the queue before it.
//!
//! ```text
//!  callers ──job──▶ queue ──drain──▶ BEGIN IMMEDIATE ─ job ─ job ─ job ─ COMMIT ──▶ all answers
//!                                     (each but the first in a savepoint, so that one can fail alone)
//! ```
//!
//! Nothing waits to fill a transaction: what is queued when the thread becomes free shares the
//! next one, and nobody is answered before `COMMIT` has returned.

use super::checkpoint::Checkpoints;
use super::error::{Fault, Outcome, breaks_connection, bug, classify};
use super::names::Names;
use super::{SqliteOptions, connect};
use crate::id::Incarnation;
use crate::panics::caught;
use crate::store::changes::Changes;
use crate::store::{FenceError, StoreError};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many calls may be queued or under way; the next caller waits for a place.
const CALLS_MAX: usize = 1024;

/// A transaction takes no further call once it has this many rows to write: larger ones are not
/// faster, and the first caller in it waits for the last.
const ROWS_PER_TRANSACTION: usize = 256;

/// How long to wait between two looks at a lock that another process holds: from about a commit on
/// a fast disk to what nobody notices.
const LOCK_PAUSE_MIN: Duration = Duration::from_micros(100);
const LOCK_PAUSE_MAX: Duration = Duration::from_millis(2);

/// The connection that writes, with what belongs to it.
#[derive(Debug)]
pub(super) struct Db {
    pub(super) conn: Connection,
    pub(super) names: Names,
    /// Whether the transaction holds something that anybody may wait for.
    pub(super) noteworthy: bool,
    /// Who has written in it what all others may wait for.
    pub(super) authors: Authors,
    /// Nothing has been done in the transaction.
    fresh: bool,
    /// Why the transaction as a whole has failed.
    broken: Option<StoreError>,
    /// How long to wait for the lock of another process.
    patience: Duration,
}

/// The workers that have let go of runs, or ended them: that is news to all but themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Authors {
    #[default]
    Nobody,
    One(Incarnation),
    Several,
}

impl Authors {
    pub(super) fn add(&mut self, worker: Incarnation) {
        *self = match *self {
            Self::Nobody => Self::One(worker),
            Self::One(other) if other == worker => Self::One(worker),
            Self::One(_) | Self::Several => Self::Several,
        };
    }
}

/// A queued call.
struct Job {
    rows: usize,
    /// Nothing else is in its transaction.
    alone: bool,
    run: Work,
    _place: OwnedSemaphorePermit,
}

/// Runs a call. Without a connection it is only answered: its transaction has failed already.
type Work = Box<dyn FnOnce(Option<&mut Db>) -> Answer + Send>;

/// Tells the caller what became of its call, once the fate of the transaction is known.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

enum Order {
    Job(Job),
    /// Somebody waits for commits of other processes: look for them from now on.
    Look,
    Close(oneshot::Sender<()>),
}

/// What the thread shares with those who call it.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) changes: Changes,
    /// How many wait for a change.
    waiting: AtomicUsize,
}

/// The callers' end of the queue.
#[derive(Debug)]
pub(super) struct Writer {
    orders: Sender<Order>,
    places: Arc<Semaphore>,
    pub(super) shared: Arc<Shared>,
}

/// Counts somebody who waits for a change, until dropped.
pub(super) struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Writer {
    /// Opens the database on a thread of its own.
    pub(super) async fn open(path: PathBuf, options: SqliteOptions) -> Result<Self, StoreError> {
        let (orders, queue) = channel();
        let shared = Arc::new(Shared::default());
        let (opened, answer) = oneshot::channel();
        let of_thread = Arc::clone(&shared);
        let body = move || match Thread::open(path, options, queue, of_thread) {
            // A caller that is gone drops its end of the queue too, which ends the thread.
            Ok(thread) => {
                let _ = opened.send(Ok(()));
                thread.work();
            }
            Err(fault) => {
                let _ = opened.send(Err(StoreError::from(fault)));
            }
        };
        std::thread::Builder::new()
            .name("durable-sqlite".into())
            .spawn(body)
            .map_err(|error| StoreError::Unavailable(format!("cannot start a thread: {error}")))?;
        answer
            .await
            .unwrap_or_else(|_| Err(bug("the writer panicked")))?;
        let places = Arc::new(Semaphore::new(CALLS_MAX));
        Ok(Self {
            orders,
            places,
            shared,
        })
    }

    /// Runs `work` in a transaction and answers when it is on disk. `rows`: about how many it
    /// writes.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        rows: usize,
        work: impl FnOnce(&mut Db) -> Outcome<T> + Send + 'static,
    ) -> Result<T, FenceError> {
        self.queue(rows, false, work).await
    }

    /// The same in a transaction of its own: `work` may take a while, or end the transaction.
    pub(super) async fn call_alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Db) -> Outcome<T> + Send + 'static,
    ) -> Result<T, FenceError> {
        self.queue(1, true, work).await
    }

    async fn queue<T: Send + 'static>(
        &self,
        rows: usize,
        alone: bool,
        work: impl FnOnce(&mut Db) -> Outcome<T> + Send + 'static,
    ) -> Result<T, FenceError> {
        let closed = |_| StoreError::Closed;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        let run = move |db: Option<&mut Db>| -> Answer {
            let outcome = match db {
                Some(db) => db.apart(work),
                None => Err(bug("a transaction failed without a reason").into()),
            };
            Box::new(move |committed: Result<(), StoreError>| {
                // A caller that stopped waiting does not hear the answer; its work stands.
                let _ = reply.send(committed.map_err(Fault::from).and(outcome));
            })
        };
        let job = Job {
            rows,
            alone,
            run: Box::new(run),
            _place: place,
        };
        self.orders
            .send(Order::Job(job))
            .map_err(|_| StoreError::Closed)?;
        Ok(answer.await.map_err(closed)??)
    }

    /// Makes the thread look for commits of other processes while the answer lives.
    pub(super) fn look(&self) -> Waiting<'_> {
        self.shared.waiting.fetch_add(1, Ordering::AcqRel);
        // If the thread has ended there is nothing to look at.
        let _ = self.orders.send(Order::Look);
        Waiting(&self.shared.waiting)
    }

    /// Ends the thread after the calls queued before, and waits until its files are closed.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.orders.send(Order::Close(done)).is_ok() {
            // An error means that the thread is gone already.
            let _ = closed.await;
        }
    }
}

impl Db {
    fn open(path: &Path, options: &SqliteOptions) -> Outcome<Self> {
        let conn = connect::writer(path, options)?;
        // `begin` waits in its own way.
        conn.busy_timeout(Duration::ZERO)?;
        Ok(Self {
            conn,
            patience: options.busy_timeout,
            names: Names::default(),
            noteworthy: false,
            authors: Authors::Nobody,
            fresh: false,
            broken: None,
        })
    }

    /// Runs one call so that its failure leaves the rest of the transaction as it was. The first
    /// needs no savepoint, in which SQLite would copy each page before its first change: where
    /// nothing was done before, the whole transaction can begin again.
    fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
        let first = std::mem::take(&mut self.fresh);
        if !first {
            self.run("SAVEPOINT call")?;
        }
        // A panic is the caller's, and no other one's.
        let done = caught(|| work(self));
        let mut outcome =
            done.unwrap_or_else(|panic| Err(bug(format!("it panicked: {panic}")).into()));
        if let Err(fault) = &outcome {
            self.names.forget();
            // Some errors make SQLite roll back everything, which ends the savepoint too.
            if fault.breaks_connection() || self.conn.is_autocommit() {
                self.broken = Some(fault.store_error().unwrap_or_else(|| bug("rolled back")));
                return outcome;
            }
            if first {
                self.run("ROLLBACK")?;
                self.begin();
                return outcome;
            }
            self.run("ROLLBACK TO call")?;
        }
        if !first && let Err(fault) = self.run("RELEASE call") {
            outcome = Err(fault);
        }
        outcome
    }

    /// Begins a transaction, waiting for the lock of another process. SQLite's own way of waiting
    /// looks ten times a second in the end, which starves a process beside a busy one.
    fn begin(&mut self) {
        let deadline = Instant::now() + self.patience;
        let mut pause = LOCK_PAUSE_MIN;
        self.fresh = true;
        while self.run("BEGIN IMMEDIATE").is_err() {
            let busy = matches!(self.broken, Some(StoreError::Busy(_)));
            if !busy || Instant::now() >= deadline {
                return;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LOCK_PAUSE_MAX);
            self.broken = None;
        }
        if let Err(fault) = connect::is_current(&self.conn) {
            self.broken = fault.store_error();
        }
    }

    /// Begins the transaction again, after a statement of its call has ended it. Only for one that is
    /// [alone](Writer::call_alone).
    pub(super) fn begin_again(&mut self) -> Outcome<()> {
        self.names.forget();
        self.begin();
        self.fresh = false;
        match &self.broken {
            Some(error) => Err(error.clone().into()),
            None => Ok(()),
        }
    }

    pub(super) fn run(&mut self, sql: &str) -> Outcome<()> {
        let done = self
            .conn
            .prepare_cached(sql)
            .and_then(|mut s| s.execute([]));
        match done {
            Ok(_) => Ok(()),
            Err(error) => {
                self.broken = Some(classify(&error));
                Err(error.into())
            }
        }
    }

    /// One transaction. It fails as a whole or not at all; calls that failed alone do not count.
    fn transaction(&mut self, jobs: Vec<Job>) -> (Vec<Answer>, Result<(), StoreError>) {
        self.broken = None;
        self.noteworthy = false;
        self.authors = Authors::Nobody;
        let mut answers = Vec::with_capacity(jobs.len());
        // `begin`, `run` and `apart` leave the reason of a failure in `broken`.
        self.begin();
        for job in jobs {
            let usable = self.broken.is_none();
            answers.push((job.run)(usable.then_some(&mut *self)));
        }
        if self.broken.is_none() {
            let _ = self.run("COMMIT");
        }
        let Some(error) = self.broken.take() else {
            return (answers, Ok(()));
        };
        self.names.forget();
        if !self.conn.is_autocommit() {
            // If even this fails the connection is unusable, and so says its next transaction.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
        (answers, Err(error))
    }

    fn data_version(&self) -> Outcome<i64> {
        let mut statement = self.conn.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }
}

struct Thread {
    path: PathBuf,
    options: SqliteOptions,
    queue: Receiver<Order>,
    shared: Arc<Shared>,
    /// `None` after an error that the connection cannot recover from; the next call reopens it.
    db: Option<Db>,
    checkpoints: Checkpoints,
    /// What `PRAGMA data_version` answered: it changes when another connection has committed.
    data_version: i64,
}

impl Thread {
    fn open(
        path: PathBuf,
        options: SqliteOptions,
        queue: Receiver<Order>,
        shared: Arc<Shared>,
    ) -> Outcome<Self> {
        let db = Db::open(&path, &options)?;
        Ok(Self {
            checkpoints: Checkpoints::start(&path)?,
            data_version: db.data_version()?,
            db: Some(db),
            path,
            options,
            queue,
            shared,
        })
    }

    /// Works until it is told to close, or until nobody can call any more.
    fn work(mut self) {
        let mut next = None;
        loop {
            match next.take().map_or_else(|| self.wait(), Ok) {
                Ok(Order::Job(job)) => {
                    next = self.group(job);
                    self.look();
                }
                Ok(Order::Look) | Err(RecvTimeoutError::Timeout) => self.look(),
                Ok(Order::Close(done)) => {
                    self.close();
                    // The caller may have stopped waiting.
                    let _ = done.send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
        }
    }

    /// The next order, or a time-out while somebody waits for other processes.
    fn wait(&self) -> Result<Order, RecvTimeoutError> {
        if self.shared.waiting.load(Ordering::Acquire) > 0 {
            self.queue.recv_timeout(self.options.poll)
        } else {
            self.queue.recv().map_err(RecvTimeoutError::from)
        }
    }

    /// Runs `first` and what else is queued in one transaction. Returns an order that did not fit.
    fn group(&mut self, first: Job) -> Option<Order> {
        let (mut rows, alone) = (first.rows, first.alone);
        let mut jobs = vec![first];
        let mut left = None;
        while !alone && rows < ROWS_PER_TRANSACTION {
            match self.queue.try_recv() {
                Ok(Order::Job(job)) if job.alone => {
                    left = Some(Order::Job(job));
                    break;
                }
                Ok(Order::Job(job)) => {
                    rows = rows.saturating_add(job.rows);
                    jobs.push(job);
                }
                Ok(Order::Look) => {}
                Ok(close @ Order::Close(_)) => {
                    left = Some(close);
                    break;
                }
                Err(_) => break,
            }
        }
        let (answers, committed) = match self.db() {
            Ok(db) => db.transaction(jobs),
            Err(fault) => {
                let answers = jobs.into_iter().map(|job| (job.run)(None)).collect();
                (answers, Err(StoreError::from(fault)))
            }
        };
        let news = self.db.as_ref().map(|db| (db.noteworthy, db.authors));
        if committed.as_ref().is_err_and(breaks_connection) {
            self.db = None;
        }
        for answer in answers {
            answer(committed.clone());
        }
        if committed.is_ok() {
            match news {
                Some((false, Authors::One(worker))) => {
                    self.shared.changes.happened(Some(worker));
                }
                None | Some((false, Authors::Nobody)) => {}
                Some((true, _) | (_, Authors::Several)) => self.shared.changes.happened(None),
            }
            if let Some(db) = &self.db {
                self.checkpoints.after_commit(&db.conn);
            }
        }
        left
    }

    /// The connection, opened again if it broke.
    fn db(&mut self) -> Outcome<&mut Db> {
        let db = match self.db.take() {
            Some(db) => db,
            None => Db::open(&self.path, &self.options)?,
        };
        Ok(self.db.insert(db))
    }

    /// Tells those who wait if another connection has committed.
    fn look(&mut self) {
        // Without an answer there may have been a change: a hint too many does no harm.
        let version = self.db.as_ref().and_then(|db| db.data_version().ok());
        if version != Some(self.data_version) {
            self.data_version = version.unwrap_or(self.data_version);
            self.shared.changes.happened(None);
        }
    }

    fn close(mut self) {
        if let Some(db) = self.db.take() {
            // Statistics for the planner: worth having, not worth failing for.
            let _ = db.conn.execute_batch("PRAGMA optimize");
        }
        self.checkpoints.stop();
    }
}
