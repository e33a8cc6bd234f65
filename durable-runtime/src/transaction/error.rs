//! What can go wrong with a statement in a transaction.

use serde::{Deserialize, Serialize};

/// A statement in a [`Transaction`](super::Transaction) has failed. It can be stored, so it may be
/// the error of an activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// The database has refused the statement.
    #[error("{message} (in `{sql}`)")]
    Sql {
        /// The statement.
        sql: String,
        /// Why, in the words of the database.
        message: String,
        /// It would have broken a constraint: a key that is there, a `NOT NULL`, a `CHECK`.
        constraint: bool,
    },
    /// The statement does what is not allowed in the transaction of the store.
    #[error("{what} (in `{sql}`)")]
    Forbidden {
        /// The statement.
        sql: String,
        /// What it does, and what to do instead.
        what: String,
    },
    /// A column of a row has another type than was asked for.
    #[error("column {column} is {found}, and no {expected}")]
    Column {
        /// Its place in the row, from 1.
        column: usize,
        /// What was asked for.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A row has more or fewer columns than were asked for.
    #[error("the row has {found} columns, and {expected} were asked for")]
    Columns {
        /// How many were asked for.
        expected: usize,
        /// How many it has.
        found: usize,
    },
}

impl TransactionError {
    /// Whether a constraint would have been broken, such as by a key that is there already.
    #[must_use]
    pub fn is_constraint(&self) -> bool {
        matches!(
            self,
            Self::Sql {
                constraint: true,
                ..
            }
        )
    }
}
