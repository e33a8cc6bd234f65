//! One connection: statements that are prepared once, and what becomes of their rows.
//!
//! A statement names tables with a `@` before them (`SELECT … FROM @workflow`): it stands for the schema
//! of the store. So nothing depends on the search path, which a pooler between may change.

use super::error::{Fault, Outcome, bug};
use super::options::Options;
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Row, SimpleQueryMessage, Statement};

/// How many prepared statements a connection keeps; more than there are in this module.
const STATEMENTS_MAX: usize = 400;

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A connection.
#[derive(Debug)]
pub(super) struct Session {
    client: Client,
    schema: String,
    /// How long a transaction may wait for a lock, and stand still.
    pub(super) patience: Duration,
    statements: Mutex<HashMap<String, Statement>>,
    /// It is inside a transaction, or of no use for another reason.
    busy: AtomicBool,
    /// A statement has failed since [`Session::forgive`].
    failed: AtomicBool,
}

impl Session {
    /// Connects.
    pub(super) async fn open(options: &Options) -> Outcome<Self> {
        let (client, connection) = options.config.connect(NoTls).await?;
        // It moves the bytes, and says farewell when the client is dropped.
        tokio::spawn(async move {
            // Whoever waits for an answer hears of the error too.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to PostgreSQL has ended");
            }
        });
        Ok(Self {
            client,
            schema: options.schema.clone(),
            patience: options.patience,
            statements: Mutex::default(),
            busy: AtomicBool::new(false),
            failed: AtomicBool::new(false),
        })
    }

    /// Whether another call may have it.
    pub(super) fn is_free(&self) -> bool {
        !self.busy.load(Ordering::Acquire) && !self.client.is_closed()
    }

    /// Says whether another call may have it: not while it is in a transaction.
    pub(super) fn set_free(&self, free: bool) {
        self.busy.store(!free, Ordering::Release);
    }

    /// A transaction begins: what has failed before is no concern of it.
    pub(super) fn forgive(&self) {
        self.failed.store(false, Ordering::Release);
    }

    /// Whether a statement has failed since. The server undoes the transaction then, and would answer
    /// its `COMMIT` as if it were none the worse.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    fn noted<T>(&self, done: Result<T, tokio_postgres::Error>) -> Outcome<T> {
        done.map_err(|error| {
            self.failed.store(true, Ordering::Release);
            Fault::from(error)
        })
    }

    /// Runs statements without values, as a text.
    pub(super) async fn batch(&self, sql: &str) -> Outcome<()> {
        self.noted(self.client.batch_execute(&self.qualified(sql)).await)
    }

    /// Runs statements without values, as a text whose rest is not run if one of them fails: the first
    /// column of the first row, as text, and how many rows the last one has changed.
    pub(super) async fn sequence(&self, sql: &str) -> Outcome<(Option<String>, u64)> {
        let said = self.client.simple_query(&self.qualified(sql)).await;
        let (mut first, mut changed) = (None, 0);
        for message in self.noted(said)? {
            match message {
                SimpleQueryMessage::Row(row) if first.is_none() => {
                    first = row.get(0).map(str::to_owned);
                }
                SimpleQueryMessage::CommandComplete(count) => changed = count,
                _ => {}
            }
        }
        Ok((first, changed))
    }

    /// All rows of a statement.
    pub(super) async fn rows(&self, sql: &str, values: Values<'_>) -> Outcome<Vec<Row>> {
        let statement = self.prepared(sql).await?;
        self.noted(self.client.query(&statement, values).await)
    }

    /// All rows of a statement, read one by one.
    pub(super) async fn all<T>(
        &self,
        sql: &str,
        values: Values<'_>,
        read: impl Fn(&Row) -> Outcome<T>,
    ) -> Outcome<Vec<T>> {
        self.rows(sql, values).await?.iter().map(read).collect()
    }

    /// The first row of a statement, if there is one.
    pub(super) async fn first<T>(
        &self,
        sql: &str,
        values: Values<'_>,
        read: impl FnOnce(&Row) -> Outcome<T>,
    ) -> Outcome<Option<T>> {
        let rows = self.rows(sql, values).await?;
        rows.first().map(read).transpose()
    }

    /// Whether a statement has a row.
    pub(super) async fn any(&self, sql: &str, values: Values<'_>) -> Outcome<bool> {
        Ok(!self.rows(sql, values).await?.is_empty())
    }

    /// How many rows a statement has changed.
    pub(super) async fn execute(&self, sql: &str, values: Values<'_>) -> Outcome<u64> {
        let statement = self.prepared(sql).await?;
        self.noted(self.client.execute(&statement, values).await)
    }

    /// A statement that was compiled before on this connection, or is now.
    async fn prepared(&self, sql: &str) -> Outcome<Statement> {
        if let Some(statement) = self.statements().get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.client.prepare(&self.qualified(sql)).await;
        let statement = self.noted(prepared)?;
        let mut statements = self.statements();
        if statements.len() >= STATEMENTS_MAX {
            // Those of lists are as many as there are filters.
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn statements(&self) -> MutexGuard<'_, HashMap<String, Statement>> {
        // Nothing in here panics half way.
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// With the schema instead of each `@` before a name.
    fn qualified(&self, sql: &str) -> String {
        let mut parts = sql.split('@');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if part.starts_with(|char: char| char.is_ascii_lowercase()) {
                text.push_str(&self.schema);
                text.push('.');
            } else {
                text.push('@');
            }
            text.push_str(part);
        }
        text
    }
}

/// Reads the columns of a row from the left to the right.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    row: &'a Row,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn of(row: &'a Row) -> Self {
        Self { row, next: 0 }
    }

    /// The next column.
    pub(super) fn next<T: tokio_postgres::types::FromSql<'a>>(&mut self) -> Outcome<T> {
        let at = self.next;
        self.next += 1;
        Ok(self.row.try_get(at)?)
    }
}

/// A value that no version of this program writes.
pub(super) fn foreign(what: impl std::fmt::Display) -> Fault {
    bug(format!("the database has {what}")).into()
}

/// A length or a limit as PostgreSQL takes it.
pub(super) fn number(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// A connection could not be had.
pub(super) fn unreachable(options: &Options, fault: Fault) -> Fault {
    let at = options.place();
    match fault {
        Fault::Broken(StoreError::Unavailable(text)) => {
            Fault::Broken(StoreError::Unavailable(format!("{at}: {text}")))
        }
        Fault::Broken(StoreError::Unusable(text)) => {
            Fault::Broken(StoreError::Unusable(format!("{at}: {text}")))
        }
        other => other,
    }
}
