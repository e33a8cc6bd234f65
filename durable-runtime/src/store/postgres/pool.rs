//! Connections: a few that write, and as many that only read, so that reading never waits for writers.

use super::error::Outcome;
use super::names::Names;
use super::options::Options;
use super::session::{Session, unreachable};
use crate::store::StoreError;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections of one kind, opened when first needed.
#[derive(Debug)]
pub(super) struct Pool {
    options: Arc<Options>,
    names: Arc<Names>,
    idle: Arc<Mutex<Vec<Session>>>,
    /// One permit per connection that may exist.
    permits: Arc<Semaphore>,
}

/// A connection that one call has; its clones are the same one. When the last is dropped another call
/// may have it, unless it broke or was left in the middle of a transaction.
#[derive(Clone, Debug)]
pub(super) struct Conn(Arc<Lent>);

#[derive(Debug)]
struct Lent {
    session: Option<Session>,
    idle: Arc<Mutex<Vec<Session>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(session) = self.session.take()
            && session.is_free()
        {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(session);
        }
    }
}

impl Deref for Conn {
    type Target = Session;

    fn deref(&self) -> &Session {
        let session = self.0.session.as_ref();
        session.expect("it is taken by `drop` only")
    }
}

impl Pool {
    pub(super) fn new(options: Arc<Options>, names: Arc<Names>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(options.connections)),
            idle: Arc::default(),
            names,
            options,
        }
    }

    /// A connection, once there is one.
    pub(super) async fn get(&self) -> Outcome<Conn> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let session = match self.kept() {
            Some(session) => session,
            None => {
                let opened = Session::open(&self.options).await;
                let opened = opened.map_err(|fault| unreachable(&self.options, fault))?;
                // It may be another server, which has lost the last names that this process knows of.
                self.names.forget();
                opened
            }
        };
        Ok(Conn(Arc::new(Lent {
            session: Some(session),
            idle: Arc::clone(&self.idle),
            _permit: permit,
        })))
    }

    /// One that was used before and still works, as far as is known.
    fn kept(&self) -> Option<Session> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| idle.pop()).find(Session::is_free)
    }

    /// Forgets the connections that wait: another has shown that the server was gone.
    pub(super) fn drop_idle(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Lets no call begin any more, waits for those under way, and closes the connections.
    pub(super) async fn close(&self) {
        let all = u32::try_from(self.options.connections).unwrap_or(u32::MAX);
        // Fails only if it is closed already.
        let _ = self.permits.acquire_many(all).await;
        self.permits.close();
        self.drop_idle();
    }
}
