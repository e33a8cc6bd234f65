//! Where the worker puts the messages of a run in memory, until the run takes all of them.

use crate::clock::Busy;
use crate::store::Message;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Unread messages of a run.
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
    /// Adds to what is in it.
    pub(super) fn put(&self, mut mail: Mail) {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let before = slot.take();
        let busy = before.map(|mut before| {
            before.messages.append(&mut mail.messages);
            mail.messages = before.messages;
            before.busy
        });
        *slot = Some(mail);
        drop(slot);
        self.filled.notify_one();
        drop(busy);
    }

    /// Waits for mail.
    pub(super) async fn take(&self) -> Mail {
        loop {
            if let Some(mail) = self.try_take() {
                return mail;
            }
            self.filled.notified().await;
        }
    }

    /// The mail that is there.
    pub(super) fn try_take(&self) -> Option<Mail> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take()
    }
}
