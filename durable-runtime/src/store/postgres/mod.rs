//! PostgreSQL: many machines, any number of processes.
//!
//! ```text
//!  commit, claim, start, send …  ──▶ writers  a few connections, a transaction for each call
//!  find, list, mail, steps …     ──▶ readers  as many, that see the last commit
//! ```
//!
//! # How a call is written
//!
//! * A function of a file here takes the transaction (`Tx`) or a connection that reads
//!   (`Conn`), and plain data. It may run several times, of which one counts.
//! * SQL stands where it is used, as one text with values. `@` before a table stands for its schema.
//!   A statement for several rows takes arrays (`unnest`); one for one row is the exception.
//! * Text of users goes in as `Text`, or as `Key` where an index has the column,
//!   and never as `&str`. Names are numbers that the transaction knows (`Tx::name`):
//!   a call gives all that it writes before it begins.
//! * A row is read from the left to the right (`Columns`).
//! * A statement that fails ends its call: PostgreSQL has undone the transaction. What may be refused is
//!   asked for in a way that does not fail (`ON CONFLICT DO NOTHING`, a count of rows).
//!
//! # Locks
//!
//! `READ COMMITTED`, with rows taken in this order:
//!
//! 1. `worker`: the beat fence takes the worker's own row first. Who declares a worker dead, or ends a run
//!    that it owns, takes its row before that of the run, and looks again who owns it. So nothing of an
//!    owned run changes under a fence but by messages, and what an owner appends locks nothing.
//! 2. `line`: of a queue, where a start joins or leaves the line, a place becomes free, or a claim finds
//!    one; by number. `queue` likewise where settings change.
//! 3. `workflow`: runs that are parked, ended, claimed, paused or sent to; parents and children with
//!    them; by number. A claim leaves out those that others have (`SKIP LOCKED`).
//! 4. What belongs to a run (`ready`, `inbox`, `task`, `note`, …), by whoever has the row of the run, or
//!    owns it under a fence. `task` of another run's by number.
//! 5. `schedule`, by id.
//!
//! What waited for a row sees in its *next* statement what the other has done: first take, then look.

mod attempts;
mod batch;
mod bell;
mod children;
mod claiming;
mod client;
mod condition;
mod delete;
mod ending;
mod error;
mod fence;
mod ids;
mod inbox;
mod line;
mod mail;
mod migrate;
mod names;
mod news;
mod notes;
mod options;
mod owner;
mod parking;
mod pause;
mod places;
mod plan;
mod pool;
mod query;
mod rows;
mod schedules;
mod session;
mod starting;
mod stepping;
mod tags;
mod task_line;
mod task_store;
mod tasks;
mod text;
mod transact;

use self::bell::Bell;
use self::error::{Fault, Outcome};
use self::names::Names;
use self::options::Options;
use self::pool::{Conn, Pool};
use self::transact::{Tx, Writer};
use super::changes::Seen;
use super::{
    AttemptRecord, Claim, ClaimedRun, Deleted, Expiry, Fence, FenceError, Heard, Listing, Message,
    NewMessage, NewRun, NewWorker, Page, RunFilter, RunRecord, Sent, StepRecord, Store, StoreError,
    Told, Unblock, Unfit, WorkerRecord, Write, Written, limits,
};
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use async_trait::async_trait;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Workflows in a PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStore {
    writer: Writer,
    readers: Pool,
    /// The changes that [`Store::changed`] has reported.
    seen: Seen,
}

impl PostgresStore {
    /// Connects to the database that a URL names, and makes or brings up to date the tables of its
    /// schema (`?schema=`, by default `durable`).
    ///
    /// Of its own parameters there are also `connections`, how many write and as many read (4), and
    /// `patience`, how many milliseconds a transaction waits for a lock, or stands still before the server
    /// ends it (4,000: less than a third of a worker's lease).
    ///
    /// # Errors
    ///
    /// [`StoreError::Unusable`] if the URL is none, the server refuses it, or the schema holds something
    /// else or was made by a newer version of this program (it is left as it is);
    /// [`StoreError::Unavailable`] if the server cannot be reached.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = Arc::new(Options::parse(url)?);
        let names = Arc::new(Names::default());
        let pool = || Pool::new(Arc::clone(&options), Arc::clone(&names));
        let store = Self {
            writer: Writer {
                pool: pool(),
                names: Arc::clone(&names),
                bell: Bell::new(Arc::clone(&options)),
            },
            readers: pool(),
            seen: Seen::default(),
        };
        let schema = &options.schema;
        transact::read(&store.writer.pool, |conn| async move {
            migrate::migrate(&conn, schema).await
        })
        .await?;
        Ok(store)
    }

    /// Does `work` in a transaction that no fence can refuse.
    async fn write<T, F>(
        &self,
        names: &[Cow<'_, str>],
        work: impl Fn(Tx) -> F + Sync,
    ) -> Result<T, StoreError>
    where
        T: Send,
        F: Future<Output = Outcome<T>> + Send,
    {
        let done = self.writer.call(None, names, work).await;
        Ok(done.map_err(Fault::from)?)
    }

    async fn read<T, F>(&self, work: impl Fn(Conn) -> F + Sync) -> Result<T, StoreError>
    where
        T: Send,
        F: Future<Output = Outcome<T>> + Send,
    {
        transact::read(&self.readers, work).await
    }

    /// The same for several statements that are to see one moment.
    async fn moment<T, F>(&self, work: impl Fn(Conn) -> F + Sync) -> Result<T, StoreError>
    where
        T: Send,
        F: Future<Output = Outcome<T>> + Send,
    {
        transact::moment(&self.readers, work).await
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn register(&self, new: NewWorker) -> Result<(), StoreError> {
        limits::check_worker(&new)?;
        self.write(&[], |tx| owner::register(tx, &new)).await
    }

    async fn commit(&self, fence: Fence, writes: Arc<[Write]>) -> Result<Vec<Written>, FenceError> {
        limits::check_writes(&writes)?;
        let names = batch::names(&writes);
        let work = |tx| batch::commit(tx, fence.worker, &writes);
        self.writer.call(Some(fence), &names, work).await
    }

    async fn claim(&self, fence: Fence, claim: Claim) -> Result<Vec<ClaimedRun>, FenceError> {
        let names = claiming::names(&claim);
        let work = |tx| claiming::claim(tx, fence.worker, &claim);
        self.writer.call(Some(fence), &names, work).await
    }

    async fn mark_dead(&self, now: Timestamp) -> Result<Vec<Incarnation>, StoreError> {
        self.write(&[], |tx| owner::mark_dead(tx, now)).await
    }

    async fn take_over(
        &self,
        fence: Fence,
        from: Incarnation,
        limit: usize,
    ) -> Result<Vec<ClaimedRun>, FenceError> {
        let work = |tx| owner::take_over(tx, fence.worker, from, limit);
        self.writer.call(Some(fence), &[], work).await
    }

    async fn retire(&self, worker: Incarnation) -> Result<(), StoreError> {
        self.write(&[], |tx| owner::retire(tx, worker)).await
    }

    async fn mail(
        &self,
        worker: Incarnation,
        known: &[(RunId, i64)],
    ) -> Result<Vec<(RunId, i64, Vec<Message>)>, StoreError> {
        self.read(|conn| mail::mail(conn, worker, known)).await
    }

    async fn mail_of(
        &self,
        worker: Incarnation,
        run: RunId,
    ) -> Result<Option<(i64, Vec<Message>)>, StoreError> {
        self.moment(|conn| mail::mail_of(conn, worker, run)).await
    }

    async fn unblock(&self, points: &[Unblock], now: Timestamp) -> Result<usize, StoreError> {
        self.write(&[], |tx| owner::unblock(tx, points, now)).await
    }

    async fn next_due(
        &self,
        queue: &str,
        points: &[String],
        unfit: &[Unfit],
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.moment(|conn| claiming::next_due(conn, queue, (points, unfit), now))
            .await
    }

    async fn start(&self, new: NewRun) -> Result<Written, StoreError> {
        limits::check_run(&new)?;
        let names: Vec<_> = starting::names(&new).collect();
        self.write(&names, |tx| client::start(tx, &new)).await
    }

    async fn send(&self, id: &WorkflowId, message: NewMessage) -> Result<Sent, StoreError> {
        limits::check_message(&message)?;
        self.write(&[], |tx| client::send(tx, id, &message)).await
    }

    async fn tell(&self, run: RunId, message: NewMessage) -> Result<Told, StoreError> {
        limits::check_message(&message)?;
        self.write(&[], |tx| client::tell(tx, run, &message)).await
    }

    async fn start_or_send(
        &self,
        run: NewRun,
        message: NewMessage,
    ) -> Result<(Written, Sent), StoreError> {
        limits::check_run(&run)?;
        limits::check_message(&message)?;
        let names: Vec<_> = starting::names(&run).collect();
        let work = |tx| client::start_or_send(tx, &run, &message);
        self.write(&names, work).await
    }

    async fn delete(&self, id: &WorkflowId) -> Result<Deleted, StoreError> {
        self.write(&[], |tx| delete::delete(tx, id)).await
    }

    async fn expire(&self, expiry: &Expiry) -> Result<usize, StoreError> {
        self.write(&[], |tx| delete::expire(tx, expiry)).await
    }

    async fn find(&self, id: &WorkflowId) -> Result<Option<RunRecord>, StoreError> {
        self.read(|conn| query::find(conn, id)).await
    }

    async fn follow(&self, run: RunId) -> Result<Option<RunRecord>, StoreError> {
        self.moment(|conn| query::follow(conn, run)).await
    }

    async fn steps(
        &self,
        run: RunId,
        after: i64,
        at_most: usize,
    ) -> Result<Vec<StepRecord>, StoreError> {
        self.read(|conn| query::steps(conn, run, after, at_most))
            .await
    }

    async fn latest_step(&self, run: RunId) -> Result<Option<StepRecord>, StoreError> {
        self.read(|conn| query::latest_step(conn, run)).await
    }

    async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRecord>, StoreError> {
        self.read(|conn| query::attempts(conn, run)).await
    }

    async fn notes(&self, run: RunId) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.read(|conn| async move { notes::of(&conn, run).await })
            .await
    }

    async fn reply(&self, run: RunId, msg: &str) -> Result<Heard, StoreError> {
        self.moment(|conn| query::reply(conn, run, msg)).await
    }

    async fn inbox(&self, run: RunId) -> Result<Vec<Message>, StoreError> {
        self.read(|conn| query::inbox(conn, run)).await
    }

    async fn list(&self, filter: RunFilter, page: Page) -> Result<Listing, StoreError> {
        self.read(|conn| query::list(conn, &filter, page)).await
    }

    async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        self.read(|conn| query::count(conn, &filter)).await
    }

    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        self.read(query::workers).await
    }

    async fn changed(&self, own: Option<Incarnation>, at_most: Duration) {
        self.writer.bell.wait(own, &self.seen, at_most).await;
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.writer.bell.stop();
        self.readers.close().await;
        self.writer.pool.close().await;
        Ok(())
    }
}
