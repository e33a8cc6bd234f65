//! What SQLite's errors mean for the caller.

use crate::store::{FenceError, StoreError};
use rusqlite::{Error, ErrorCode};

/// Why work on a connection stopped: one type inside, so that `?` does everywhere.
#[derive(Debug)]
pub(super) struct Fault(FenceError);

/// The result of work on a connection.
pub(super) type Outcome<T> = Result<T, Fault>;

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self(FenceError::Store(classify(&error)))
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self(FenceError::Store(error))
    }
}

impl From<FenceError> for Fault {
    fn from(error: FenceError) -> Self {
        Self(error)
    }
}

impl From<Fault> for FenceError {
    fn from(fault: Fault) -> Self {
        fault.0
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault.0 {
            FenceError::Store(error) => error,
            other => bug(format!("a call without a fence was fenced: {other}")),
        }
    }
}

impl Fault {
    /// See [`breaks_connection`].
    pub(super) fn breaks_connection(&self) -> bool {
        self.store_error()
            .is_some_and(|error| breaks_connection(&error))
    }

    pub(super) fn store_error(&self) -> Option<StoreError> {
        match &self.0 {
            FenceError::Store(error) => Some(error.clone()),
            FenceError::Dead | FenceError::HistoryLost | FenceError::AlreadyApplied => None,
        }
    }
}

/// Whether the connection is of no use any more. After an I/O error (a failed sync above all) what
/// it believes to be on disk may not be; one that was opened read-only stays so.
pub(super) fn breaks_connection(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_) | StoreError::ReadOnly(_))
}

/// A broken rule of the contract.
pub(super) fn bug(text: impl Into<String>) -> StoreError {
    StoreError::Bug(text.into())
}

/// Sorts an error by what the caller should do.
pub(super) fn classify(error: &Error) -> StoreError {
    let text = error.to_string();
    let Error::SqliteFailure(code, _) = error else {
        return StoreError::Bug(text);
    };
    match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Busy(text),
        ErrorCode::DiskFull => StoreError::Full(text),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreError::ReadOnly(text),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Unusable(text),
        ErrorCode::SystemIoFailure
        | ErrorCode::CannotOpen
        | ErrorCode::OutOfMemory
        | ErrorCode::FileLockingProtocolFailed => StoreError::Unavailable(text),
        _ => StoreError::Bug(text),
    }
}
