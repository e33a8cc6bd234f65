//! The store's own transaction, for activities whose effects are rows in the same database.
//!
//! An activity runs at least once: after a crash its body is repeated, and whoever receives its
//! effects has to recognise them. One that only writes to the database in which its workflow lives
//! can do better. Its writes and its recorded result are committed together, so they are there
//! **exactly once**, whatever is killed when:
//!
//! ```standalone_crate
//! use durable_runtime::prelude::*;
//! use durable_runtime::transaction::TransactionError;
//!
//! /// Moves money, and says what is left.
//! #[activity(transactional)]
//! fn transfer(
//!     tx: &mut Transaction<'_>,
//!     from: String,
//!     to: &str,
//!     cents: i64,
//! ) -> Result<i64, TransactionError> {
//!     let sql = "UPDATE shop_account SET cents = cents + ?2 WHERE owner = ?1";
//!     tx.execute(sql, (&from, -cents))?;
//!     tx.execute(sql, (to, cents))?;
//!     let sql = "SELECT cents FROM shop_account WHERE owner = ?1";
//!     let left = tx.query_one::<(i64,)>(sql, (from,))?;
//!     Ok(left.map_or(0, |(cents,)| cents))
//! }
//!
//! #[workflow]
//! async fn pay(from: String, to: String) -> Result<i64, Error> {
//!     Ok(transfer(from, &to, 500).await?)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let url = format!("sqlite://{}", folder.path().join("shop.db").display());
//! let client = Client::connect(&url).await?;
//! client
//!     .transact(|tx| {
//!         tx.execute("CREATE TABLE shop_account(owner TEXT PRIMARY KEY, cents INTEGER)", ())?;
//!         tx.execute("INSERT INTO shop_account VALUES('ada', 2000), ('bob', 0)", ())
//!     })
//!     .await??;
//! # let store = durable_runtime::store::open(&url).await?;
//! # let worker = durable_runtime::Worker::new(store, Default::default());
//! # let client = worker.client();
//! # tokio::spawn(worker.run(std::future::pending()));
//! let paid = start_pay(&client, "pay-17", "ada".to_owned(), "bob".to_owned()).await?;
//! assert_eq!(paid.result().await??, 1500);
//! # Ok(())
//! # }
//! ```
//!
//! The body is a plain `fn`; its first parameter is the transaction, the others are those of the
//! call. If it returns `Err` or panics, what it has written is undone, and the attempt has failed: it
//! is repeated by the retry policy as any other.
//!
//! # Rules
//!
//! * **Be quick.** SQLite has one writer: while the body runs, nothing else is written, by this
//!   process or another, and no workflow takes a step. Compute before, and call no service in it.
//!   No limit of time stops a body.
//! * **Only SQL counts.** What else the body does, such as a request to a service, is repeated with
//!   it and not undone.
//! * **Your tables are yours, ours are ours.** Tables of this library cannot be read or written, nor
//!   can the transaction be committed, rolled back or left; a statement that tries is an error that
//!   says so. Give your tables a prefix, so that none of a later version has their name.
//! * A table of yours that rolls back (`ON CONFLICT ROLLBACK`, or a trigger with `RAISE(ROLLBACK)`)
//!   undoes what this body has written, and nothing of others. From then on each of its statements is
//!   an error: return the first one.
//! * Foreign keys are checked as far as the database's default goes: not at all.
//! * If the workflow gives up the branch that waits for it (a loser of a `select!`, a termination),
//!   it has happened completely or not at all, and the workflow does not hear which. A cancellation
//!   waits for it.
//!
//! Tables are made, and data is read, by [`Client::transact`](crate::Client::transact) or with any
//! other connection to the file. Only a SQLite store can do this; another one blocks a workflow
//! that calls such an activity, and says why. In tests with `TestEnv` the activity is a closure like
//! any other.

mod error;
mod rows;
mod value;

pub use error::TransactionError;
pub use rows::{FromRow, Params};
pub use value::{FromValue, Value};

use std::fmt;

/// A transaction of the store that is going on; see the [module](self).
pub struct Transaction<'a> {
    sql: &'a mut dyn Sql,
}

/// What a store has to do for a [`Transaction`].
pub trait Sql {
    /// Runs a statement and says how many rows it has changed.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, TransactionError>;

    /// Runs a statement and gives its rows.
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Vec<Value>>, TransactionError>;
}

impl<'a> Transaction<'a> {
    /// Used by stores.
    #[doc(hidden)]
    pub fn new(sql: &'a mut dyn Sql) -> Self {
        Self { sql }
    }

    /// Runs a statement and says how many rows it has inserted, updated or deleted. Parameters are a
    /// tuple, for `?1`, `?2` and so on; `()` are none.
    ///
    /// # Errors
    /// When the database refuses it. Its own writes are undone then, and those of the statements
    /// before it are not: return the error to undo them too.
    pub fn execute(&mut self, sql: &str, params: impl Params) -> Result<u64, TransactionError> {
        self.sql.execute(sql, &params.values())
    }

    /// Runs a query and gives its rows as tuples.
    ///
    /// ```no_run
    /// # fn f(tx: &mut durable_runtime::Transaction<'_>) -> Result<(), durable_runtime::transaction::TransactionError> {
    /// let rows: Vec<(String, i64)> = tx.query("SELECT owner, cents FROM account", ())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the database refuses it, or a row has other types.
    pub fn query<T: FromRow>(
        &mut self,
        sql: &str,
        params: impl Params,
    ) -> Result<Vec<T>, TransactionError> {
        let rows = self.sql.query(sql, &params.values())?;
        rows.into_iter().map(T::from_row).collect()
    }

    /// The first row of a query, if there is one.
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn query_one<T: FromRow>(
        &mut self,
        sql: &str,
        params: impl Params,
    ) -> Result<Option<T>, TransactionError> {
        let row = self.sql.query(sql, &params.values())?.into_iter().next();
        row.map(T::from_row).transpose()
    }
}

impl fmt::Debug for Transaction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
