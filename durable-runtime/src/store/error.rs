//! What can go wrong in a store, classified by what the caller should do.

use crate::id::InvalidName;

/// A store could not do what it was asked; nothing was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the database; the same call may succeed later.
    #[error("the database is busy ({0}); another process holds its lock, try again")]
    Busy(String),
    /// No space is left.
    #[error("the disk or database is full ({0}); free some space, nothing acknowledged was lost")]
    Full(String),
    /// The database or its folder cannot be written.
    #[error("the database is read-only ({0}); check the permissions of the file and its folder")]
    ReadOnly(String),
    /// The database cannot be reached or answered with an I/O error; the outcome of a write is
    /// unknown and the same call may be repeated.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The database cannot be opened or its contents are not ours.
    #[error("cannot use this database: {0}")]
    Unusable(String),
    /// A newer version of this program has changed the schema since this process opened the database.
    /// Nothing was written, and nothing will be.
    #[error(
        "a newer version of this program has brought the database to schema version {found}, and this \
         process writes version {own}; stop it and start the newer version"
    )]
    Outdated {
        /// The version that the database has now.
        found: i64,
        /// The version that this process writes.
        own: i64,
    },
    /// A value is larger than the store takes.
    #[error("{what} has {size} bytes, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A value was not encoded on its way into the store; nothing was written.
    #[error("a value cannot be stored: {0}")]
    Codec(String),
    /// The store has no SQL in which an application could take part.
    #[error("this store has no transactions for applications; use SQLite (sqlite://…)")]
    NoTransactions,
    /// A statement of an application has rolled back the whole transaction, by an
    /// `ON CONFLICT ROLLBACK` or a trigger, and its work went on; nothing was written.
    #[error("an earlier statement has rolled back the whole transaction; return its error")]
    RolledBack,
    /// A name is none; nothing was written.
    #[error(transparent)]
    InvalidName(#[from] InvalidName),
    /// The handle was closed.
    #[error("the store was closed")]
    Closed,
    /// A broken rule of the contract: a bug in the engine or the store.
    #[error("internal error in the store: {0}")]
    Bug(String),
}

impl StoreError {
    /// Whether the same call may succeed later without anybody changing it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Busy(_) | Self::Full(_) | Self::ReadOnly(_) | Self::Unavailable(_)
        )
    }
}

/// Why a fenced call did nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FenceError {
    /// This worker was declared dead. Drop everything in memory and register a new incarnation.
    #[error("this worker was declared dead; its runs belong to others now")]
    Dead,
    /// The database is older or newer than this worker's memory (a restore, a failover that lost
    /// commits). Drop everything in memory and register a new incarnation.
    #[error("the database does not match this worker's memory (restored from a backup?)")]
    HistoryLost,
    /// The same batch was committed by an earlier call whose answer got lost. Continue with beat
    /// + 1 and read again what depends on the answers.
    #[error("this batch was already committed")]
    AlreadyApplied,
    /// The store failed; nothing was acknowledged.
    #[error(transparent)]
    Store(#[from] StoreError),
}
