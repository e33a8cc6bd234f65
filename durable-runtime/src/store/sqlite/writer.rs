//! The one thread that writes, and the queue before it.
//!
//! ```text
//!  callers ──job──▶ queue ──drain──▶ BEGIN IMMEDIATE ─ job ─ job ─ job ─ COMMIT ──▶ all answers
//!                                     (each but the first in a savepoint, so that one can fail alone)
//! ```
//!
//! Nothing waits to fill a transaction: what is queued when the thread becomes free shares the
//! next one, and nobody is answered before `COMMIT` has returned.

use super::SqliteOptions;
use super::checkpoint::Checkpoints;
use super::db::{Answer, Db, Work};
use super::error::{Fault, Outcome, breaks_connection, bug};
use super::neighbours::Neighbours;
use super::watch::Watch;
use crate::store::changes::Changes;
use crate::store::{FenceError, StoreError};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// How many calls may be queued or under way; the next caller waits for a place.
const CALLS_MAX: usize = 1024;

/// A transaction takes no further call once it has this many rows to write: larger ones are not
/// faster, and the first caller in it waits for the last.
const ROWS_PER_TRANSACTION: usize = 256;

/// A queued call.
struct Job {
    rows: usize,
    /// Nothing else is in its transaction.
    alone: bool,
    run: Work,
    _place: OwnedSemaphorePermit,
}

enum Order {
    Job(Job),
    /// Somebody waits for commits of other processes: look for them from now on.
    Look,
    /// Another process has rung.
    Told,
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
    /// The only strong one: without it the thread ends.
    orders: Arc<Sender<Order>>,
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
        let orders = Arc::new(orders);
        let own = Arc::downgrade(&orders);
        let shared = Arc::new(Shared::default());
        let (opened, answer) = oneshot::channel();
        let of_thread = Arc::clone(&shared);
        let body = move || match Thread::open(path, options, queue, own, of_thread) {
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

struct Thread {
    path: PathBuf,
    options: SqliteOptions,
    queue: Receiver<Order>,
    orders: Weak<Sender<Order>>,
    shared: Arc<Shared>,
    /// `None` after an error that the connection cannot recover from; the next call reopens it.
    db: Option<Db>,
    checkpoints: Checkpoints,
    neighbours: Neighbours,
}

impl Thread {
    fn open(
        path: PathBuf,
        options: SqliteOptions,
        queue: Receiver<Order>,
        orders: Weak<Sender<Order>>,
        shared: Arc<Shared>,
    ) -> Outcome<Self> {
        let db = Db::open(&path, &options)?;
        Ok(Self {
            checkpoints: Checkpoints::start(&path)?,
            neighbours: Neighbours::new(&db, options.poll),
            db: Some(db),
            path,
            options,
            queue,
            orders,
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
                Ok(Order::Told) => {
                    self.neighbours.told();
                    self.look();
                }
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
    fn wait(&mut self) -> Result<Order, RecvTimeoutError> {
        if let Ok(order) = self.queue.try_recv() {
            return Ok(order);
        }
        if self.shared.waiting.load(Ordering::Acquire) == 0 {
            return self.queue.recv().map_err(RecvTimeoutError::from);
        }
        let orders = &self.orders;
        if self.neighbours.listen(|| watch(orders.clone())) {
            self.look();
        }
        self.queue.recv_timeout(self.neighbours.patience())
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
                Ok(Order::Told) => self.neighbours.told(),
                Ok(close @ Order::Close(_)) => {
                    left = Some(close);
                    break;
                }
                Err(_) => break,
            }
        }
        let calls = jobs.into_iter().map(|job| job.run);
        let (answers, committed) = match self.db() {
            Ok(db) => db.transaction(calls),
            Err(fault) => {
                let answers = calls.map(|call| call(None)).collect();
                (answers, Err(StoreError::from(fault)))
            }
        };
        let news = self.db.as_ref().map(|db| db.news);
        if committed.as_ref().is_err_and(breaks_connection) {
            self.db = None;
        }
        for answer in answers {
            answer(committed.clone());
        }
        if committed.is_ok() {
            if self.shared.changes.tell(news.unwrap_or_default()) {
                self.neighbours.tell();
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
            None => {
                let db = Db::open(&self.path, &self.options)?;
                self.neighbours.reopened();
                db
            }
        };
        Ok(self.db.insert(db))
    }

    /// Tells those who wait if another connection has committed.
    fn look(&mut self) {
        if self.neighbours.have_committed(self.db.as_ref()) {
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

/// What tells the thread of each ring, for as long as it can be given orders.
fn watch(orders: Weak<Sender<Order>>) -> Option<Watch> {
    Watch::start(move || {
        let orders = orders.upgrade();
        orders.is_some_and(|orders| orders.send(Order::Told).is_ok())
    })
}
