//! SQLite: one file, one machine, any number of processes.
//!
//! ```text
//!  commit, claim, start, send …  ──▶ writer   one thread, one connection, one queue
//!  find, list, mail, steps …     ──▶ readers  a few connections that see the last commit
//!                                    checkpoint  moves the log into the file meanwhile
//!                                    watch    hears when another process has committed
//! ```
//!
//! "On disk" is meant: the write-ahead log is synced at every commit (`synchronous=FULL`). The
//! tables and the statements that make a step atomic are described in `docs/store-schema.md`.

mod batch;
mod checkpoint;
mod children;
mod client;
mod connect;
mod db;
mod delete;
mod ending;
mod error;
mod fence;
mod ids;
mod inbox;
mod line;
mod names;
mod neighbours;
mod notes;
mod owner;
mod pause;
mod places;
#[cfg(test)]
mod plans;
mod query;
mod reader;
mod rows;
mod schedules;
mod tags;
mod task_line;
mod tasks;
#[cfg(test)]
mod tests;
mod transact;
mod upgrade;
#[cfg(test)]
mod upgrades;
#[cfg_attr(not(target_os = "linux"), path = "unwatched.rs")]
mod watch;
mod writer;

use self::error::Fault;
use self::reader::Readers;
use self::writer::Writer;
use super::changes::Seen;
use super::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, Recorded, RunFilter, RunRecord, Sent, StepRecord, Store,
    StoreError, Told, Transacted, Unblock, Unfit, Work, WorkerRecord, Write, Written, limits,
};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How a SQLite store behaves. The defaults suit everything but tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// How long to wait for the lock of another process before [`StoreError::Busy`]. Default: 5 s.
    pub busy_timeout: Duration,
    /// How many connections read at the same time, at least 1. Default: 3.
    pub readers: usize,
    /// How often to look for commits of other processes while [`Store::changed`] waits, where the
    /// system does not tell of them as Linux does. Default: 10 ms.
    pub poll: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(5),
            readers: 3,
            poll: Duration::from_millis(10),
        }
    }
}

/// Workflows in a SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Writer,
    readers: Readers,
    /// The changes that [`Store::changed`] has reported.
    seen: Seen,
    closed: AtomicBool,
}

impl SqliteStore {
    /// Opens a database file, creating it if there is none; its folder must exist. Brings the
    /// schema of an older version up to date.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unusable`] if the file belongs to another application or to a newer version
    /// of this one (it is left as it is), or is damaged; [`StoreError::ReadOnly`] if it cannot be
    /// written; [`StoreError::Busy`] if another process holds its lock.
    pub async fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let writer = Writer::open(path.clone(), options.clone()).await?;
        Ok(Self {
            writer,
            readers: Readers::new(path, options),
            seen: Seen::default(),
            closed: AtomicBool::new(false),
        })
    }

    /// Runs `work` on the writer as part of a transaction.
    async fn write<T: Send + 'static>(
        &self,
        rows: usize,
        work: impl FnOnce(&mut db::Db) -> error::Outcome<T> + Send + 'static,
    ) -> Result<T, FenceError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed.into());
        }
        self.writer.call(rows, work).await
    }

    /// The same for calls that no fence can refuse.
    async fn write_unfenced<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut db::Db) -> error::Outcome<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.write(1, work).await;
        Ok(done.map_err(Fault::from)?)
    }
}

/// A limit as SQLite takes it.
fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

#[async_trait]
impl Store for SqliteStore {
    async fn register(&self, new: NewWorker) -> Result<(), StoreError> {
        limits::check_worker(&new)?;
        self.write_unfenced(move |db| owner::register(db, &new))
            .await
    }

    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError> {
        limits::check_writes(&writes)?;
        let rows = writes.len() + 1;
        self.write(rows, move |db| batch::commit(db, fence, &writes))
            .await
    }

    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError> {
        let limit = limit(claim.limit);
        self.write(claim.limit, move |db| {
            owner::claim(db, fence, &claim, limit)
        })
        .await
    }

    fn transacts(&self) -> bool {
        true
    }

    async fn transact(
        &self,
        recorded: Option<Recorded>,
        work: Work,
    ) -> Result<Transacted, FenceError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed.into());
        }
        self.writer
            .call_alone(move |db| transact::transact(db, recorded, &work))
            .await
    }

    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError> {
        self.write_unfenced(move |db| owner::mark_dead(db, now))
            .await
    }

    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        runs: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        self.write(runs, move |db| {
            owner::take_over(db, fence, from, limit(runs))
        })
        .await
    }

    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError> {
        self.write_unfenced(move |db| owner::retire(db, worker))
            .await
    }

    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError> {
        let known = known.iter().copied().collect();
        self.readers
            .call(move |conn| query::mail(conn, worker, &known))
            .await
    }

    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError> {
        self.readers
            .call(move |conn| query::mail_of(conn, worker, run))
            .await
    }

    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError> {
        let points = points.to_vec();
        self.write_unfenced(move |db| owner::unblock(db, &points, now))
            .await
    }

    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (queue, points, unfit) = (queue.to_owned(), points.to_vec(), unfit.to_vec());
        let work = move |conn: &_| query::next_due(conn, &queue, (&points, &unfit), now);
        self.readers.call(work).await
    }

    async fn start(&self, new: NewRun) -> Result<Written, StoreError> {
        limits::check_run(&new)?;
        self.write_unfenced(move |db| client::start(db, &new)).await
    }

    async fn send(&self, id: &WorkflowId, message: NewMessage) -> Result<Sent, StoreError> {
        limits::check_message(&message)?;
        let id = id.clone();
        self.write_unfenced(move |db| client::send(db, &id, &message))
            .await
    }

    async fn tell(&self, run: RunId, message: NewMessage) -> Result<Told, StoreError> {
        limits::check_message(&message)?;
        self.write_unfenced(move |db| client::tell(db, run, &message))
            .await
    }

    async fn start_or_send(
        &self,
        run: NewRun,
        message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
        limits::check_run(&run)?;
        limits::check_message(&message)?;
        self.write_unfenced(move |db| client::start_or_send(db, &run, &message))
            .await
    }

    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError> {
        let id = id.clone();
        self.write_unfenced(move |db| delete::delete(db, &id)).await
    }

    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError> {
        let expiry = expiry.clone();
        self.write_unfenced(move |db| delete::expire(db, &expiry))
            .await
    }

    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError> {
        let id = id.clone();
        let work = move |conn: &_| rows::current(conn, &id);
        self.readers.call(work).await
    }

    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.readers
            .call(move |conn| query::follow(conn, run))
            .await
    }

    async fn steps(
        &self,
        run: RunId,
        after: i64,
        at_most: usize,
    ) -> Result<Vec<StepRecord>, StoreError> {
        let work = move |conn: &_| rows::steps(conn, run, after, limit(at_most));
        self.readers.call(work).await
    }

    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError> {
        let work = move |conn: &_| rows::latest_step(conn, run);
        self.readers.call(work).await
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError> {
        let work = move |conn: &_| rows::attempts(conn, run);
        self.readers.call(work).await
    }

    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let work = move |conn: &_| notes::of(conn, run);
        self.readers.call(work).await
    }

    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError> {
        let msg = msg.to_owned();
        let work = move |conn: &_| query::reply(conn, run, &msg);
        self.readers.call(work).await
    }

    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError> {
        let work = move |conn: &_| rows::inbox(conn, run, i64::MIN);
        self.readers.call(work).await
    }

    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError> {
        let work = move |conn: &_| query::list(conn, &filter, page);
        self.readers.call(work).await
    }

    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        let work = move |conn: &_| query::count(conn, &filter);
        self.readers.call(work).await
    }

    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.readers.call(query::workers).await
    }

    async fn changed(&self, own: Option<Incarnation>, at_most: Duration) {
        let _looking = self.writer.look();
        let changes = &self.writer.shared.changes;
        changes.wait(own, &self.seen, at_most).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.closed.store(true, Ordering::Release);
        self.readers.close().await;
        self.writer.close().await;
        Ok(())
    }
}
