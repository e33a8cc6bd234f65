//! A few connections that only read, so that reading never waits for the writer.

use super::error::{Outcome, bug};
use super::{SqliteOptions, connect};
use crate::store::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The connections that are not in use; opened when first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    options: SqliteOptions,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// One permit per connection that may exist.
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, options: SqliteOptions) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(options.readers.max(1))),
            idle: Arc::default(),
            path,
            options,
        }
    }

    /// Runs `work` on a connection, in a thread that may block.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let (idle, path, options) = (
            Arc::clone(&self.idle),
            self.path.clone(),
            self.options.clone(),
        );
        let body = move || -> Outcome<T> {
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = kept.map_or_else(|| connect::reader(&path, &options), Ok)?;
            let outcome = work(&conn);
            if !outcome
                .as_ref()
                .is_err_and(super::error::Fault::breaks_connection)
            {
                idle.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(conn);
            }
            drop(permit);
            outcome
        };
        let done = tokio::task::spawn_blocking(body).await;
        Ok(done.map_err(|error| bug(format!("a read panicked: {error}")))??)
    }

    /// Lets no call begin any more, waits for those under way, and closes the connections.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.options.readers.max(1)).unwrap_or(u32::MAX);
        // Fails only if it is closed already.
        let _ = self.permits.acquire_many(all).await;
        self.permits.close();
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
