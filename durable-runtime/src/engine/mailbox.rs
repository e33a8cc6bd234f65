//! Where the worker puts the messages of a run in memory: one slot, since all unread messages are
//! read each time.

use crate::clock::Busy;
use crate::store::Message;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// All unread messages of a run.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) wakes: i64,
    pub(super) messages: Vec<Message>,
    /// Held until the run has taken note.
    pub(super) busy: Busy,
}

/// The slot of one run.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    slot: Mutex<Option<Mail>>,
    filled: Notify,
}

impl Mailbox {
    /// Replaces what was in it.
    pub(super) fn put(&self, mail: Mail) {
        let old = self
            .slot
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(mail);
        self.filled.notify_one();
        drop(old);
    }

    /// Waits for mail.
    pub(super) async fn take(&self) -> Mail {
        loop {
            if let Some(mail) = self
                .slot
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
            {
                return mail;
            }
            self.filled.notified().await;
        }
    }
}
