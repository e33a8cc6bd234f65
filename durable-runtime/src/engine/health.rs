//! Whether a worker can do its work, for those who watch it.

use tokio::sync::watch;

/// Whether a worker can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not running.
    Stopped,
    /// Its last commit succeeded.
    Well,
    /// It was told to stop, and begins nothing new.
    Stopping,
    /// The store refuses commits for this reason; nothing is acknowledged, and work goes on by
    /// itself when the store is well again.
    StoreTrouble(String),
}

/// Where the health is told.
#[derive(Clone, Debug)]
pub(super) struct HealthSender(watch::Sender<Health>);

impl HealthSender {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Health::Stopped))
    }

    pub(super) fn set(&self, health: Health) {
        self.0.send_if_modified(|old| {
            // How the store is matters no more once the worker stops.
            let changed = *old != health && (*old != Health::Stopping || health == Health::Stopped);
            if !changed {
                return false;
            }
            *old = health;
            true
        });
    }

    pub(super) fn watch(&self) -> watch::Receiver<Health> {
        self.0.subscribe()
    }
}
