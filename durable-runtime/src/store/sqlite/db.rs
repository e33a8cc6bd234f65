//! The connection that writes, and what a transaction on it is.

use super::error::{Outcome, bug, classify};
use super::names::Names;
use super::{SqliteOptions, connect};
use crate::panics::caught;
use crate::store::StoreError;
use crate::store::changes::News;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long to wait between two looks at a lock that another process holds: from about a commit on
/// a fast disk to what nobody notices.
const LOCK_PAUSE_MIN: Duration = Duration::from_micros(100);
const LOCK_PAUSE_MAX: Duration = Duration::from_millis(2);

/// The connection that writes, with what belongs to it.
#[derive(Debug)]
pub(super) struct Db {
    pub(super) conn: Connection,
    pub(super) names: Names,
    /// What the transaction holds that others may wait for.
    pub(super) news: News,
    /// Nothing has been done in the transaction.
    fresh: bool,
    /// Why the transaction as a whole has failed.
    broken: Option<StoreError>,
    /// How long to wait for the lock of another process.
    patience: Duration,
}

/// Runs a call. Without a connection it is only answered: its transaction has failed already.
pub(super) type Work = Box<dyn FnOnce(Option<&mut Db>) -> Answer + Send>;

/// Tells the caller what became of its call, once the fate of the transaction is known.
pub(super) type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

impl Db {
    pub(super) fn open(path: &Path, options: &SqliteOptions) -> Outcome<Self> {
        let conn = connect::writer(path, options)?;
        // `begin` waits in its own way.
        conn.busy_timeout(Duration::ZERO)?;
        Ok(Self {
            conn,
            patience: options.busy_timeout,
            names: Names::default(),
            news: News::Nothing,
            fresh: false,
            broken: None,
        })
    }

    /// Runs one call so that its failure leaves the rest of the transaction as it was. The first
    /// needs no savepoint, in which SQLite would copy each page before its first change: where
    /// nothing was done before, the whole transaction can begin again.
    pub(super) fn apart<T>(&mut self, work: impl FnOnce(&mut Self) -> Outcome<T>) -> Outcome<T> {
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
    /// [alone](super::writer::Writer::call_alone).
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
    pub(super) fn transaction(
        &mut self,
        calls: impl ExactSizeIterator<Item = Work>,
    ) -> (Vec<Answer>, Result<(), StoreError>) {
        self.broken = None;
        self.news = News::Nothing;
        let mut answers = Vec::with_capacity(calls.len());
        // `begin`, `run` and `apart` leave the reason of a failure in `broken`.
        self.begin();
        for call in calls {
            let usable = self.broken.is_none();
            answers.push(call(usable.then_some(&mut *self)));
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

    /// The write-ahead log.
    pub(super) fn log(&self) -> PathBuf {
        // Of the file that a link leads to. A name that is no text has none here, and nobody rings.
        let of = |file: &str| PathBuf::from(format!("{file}-wal"));
        self.conn.path().map(of).unwrap_or_default()
    }

    /// What changes when another connection has committed.
    pub(super) fn data_version(&self) -> Outcome<i64> {
        let mut statement = self.conn.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }
}
