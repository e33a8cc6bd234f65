//! What PostgreSQL's errors mean for the caller.

use crate::store::{FenceError, StoreError};
use tokio_postgres::Error;
use tokio_postgres::error::DbError;

/// Why work on a connection stopped: one type inside, so that `?` does everywhere.
#[derive(Debug)]
pub(super) enum Fault {
    /// The caller is told this.
    Told(FenceError),
    /// A unique key has refused a row: its name, and what the server says.
    Taken(String, StoreError),
    /// The server has undone the transaction because of another one, and it may be tried again.
    Again(StoreError),
    /// The connection is of no use any more. Unless a commit was under way, nothing was written.
    Broken(StoreError),
}

/// The result of work on a connection.
pub(super) type Outcome<T> = Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error.as_db_error() {
            Some(said) => of_server(said),
            // What is not of the server is of the way to it, unless a value could not be converted.
            None if is_of_values(&error) => Self::Told(bug(chain(&error)).into()),
            None => Self::Broken(StoreError::Unavailable(chain(&error))),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Told(FenceError::Store(error))
    }
}

impl From<FenceError> for Fault {
    fn from(error: FenceError) -> Self {
        Self::Told(error)
    }
}

impl From<Fault> for FenceError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Told(error) => error,
            Fault::Taken(_, error) | Fault::Again(error) | Fault::Broken(error) => {
                Self::Store(error)
            }
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match FenceError::from(fault) {
            FenceError::Store(error) => error,
            other => bug(format!("a call without a fence was fenced: {other}")),
        }
    }
}

/// A broken rule of the contract.
pub(super) fn bug(text: impl Into<String>) -> StoreError {
    StoreError::Bug(text.into())
}

/// Another transaction has changed what this one has looked at.
pub(super) fn again(text: impl Into<String>) -> Fault {
    Fault::Again(StoreError::Busy(text.into()))
}

impl Fault {
    /// The rule that was broken, if it is this key that has refused a row.
    pub(super) fn of_key(self, key: &str, rule: impl FnOnce(&StoreError) -> Self) -> Self {
        match self {
            Self::Taken(taken, error) if taken == key => rule(&error),
            other => other,
        }
    }
}

/// The error and what has caused it; the first alone says little ("error connecting to server").
fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

/// `tokio_postgres` has no public kind for these.
fn is_of_values(error: &Error) -> bool {
    let text = error.to_string();
    text.starts_with("error serializing parameter")
        || text.starts_with("error deserializing column")
        || text.starts_with("invalid column")
}

/// Sorts an error of the server by what the caller should do.
fn of_server(said: &DbError) -> Fault {
    let text = match said.detail() {
        Some(detail) => format!("{} ({detail})", said.message()),
        None => said.message().to_owned(),
    };
    let code = said.code().code();
    let told = |error: StoreError| Fault::Told(error.into());
    match code {
        "23505" => Fault::Taken(said.constraint().unwrap_or_default().to_owned(), bug(text)),
        // Another transaction came first, or was waited for in a circle.
        "40001" | "40P01" => Fault::Again(StoreError::Busy(text)),
        // A lock or a statement took longer than the server allows.
        "55P03" | "57014" => told(StoreError::Busy(text)),
        "53100" => told(StoreError::Full(text)),
        // A standby, or one that was the primary: another connection may find the new one.
        "25006" => Fault::Broken(StoreError::ReadOnly(text)),
        "42501" => told(StoreError::Unusable(format!(
            "{text}; grant the role what docs/store-schema.md lists"
        ))),
        // The schema or one of its tables is gone, or was made by something else; or who connects is
        // refused, or the database is not there.
        "3F000" | "42P01" | "42703" | "42883" | "28000" | "28P01" | "3D000" => {
            Fault::Broken(StoreError::Unusable(text))
        }
        "XX001" | "XX002" => told(StoreError::Unusable(text)),
        // The server shuts down, starts, or ends this connection; or has no connections or memory left.
        _ if matches!(&code[..2], "08" | "53" | "57" | "58") => {
            Fault::Broken(StoreError::Unavailable(text))
        }
        // A pooler has given the session to another server, which does not know a statement or knows another
        // one; a plan is older than its tables; a transaction stood still or took longer than the server allows.
        "26000" | "42P05" | "0A000" | "25P03" | "25P04" => {
            Fault::Broken(StoreError::Unavailable(text))
        }
        _ => told(bug(format!("{text} (SQLSTATE {code})"))),
    }
}
