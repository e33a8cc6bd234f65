//! The hub's part in messages: when to look for them, and to whom they go.

use super::super::jobs;
use super::super::mailbox::Mail;
use super::{Hub, WorkerEvent};
use crate::clock::Busy;
use crate::id::RunId;
use crate::store::Message;

impl Hub<'_> {
    /// Looks for messages to the runs in memory.
    pub(super) fn fetch(&mut self) {
        if !self.fetching.wanted() {
            return;
        }
        let (life, pokes) = (self.life.clone(), std::mem::take(&mut self.poked));
        let told = self.runs.iter().filter(|(_, entry)| entry.known > i64::MIN);
        let known = told.map(|(run, entry)| (*run, entry.known)).collect();
        self.jobs
            .spawn(async { WorkerEvent::Mail(jobs::mail(life, known).await, pokes) });
    }

    /// Puts messages where their runs find them.
    pub(super) fn deliver(&mut self, mail: Vec<(RunId, i64, Vec<Message>)>, pokes: Vec<Busy>) {
        for (run, wakes, messages) in mail {
            if let Some(entry) = self.runs.get_mut(&run) {
                let busy = self.life.clock.busy();
                let last = messages.last().map_or(i64::MIN, |message| message.ord);
                entry.known = entry.known.max(last);
                entry.mailbox.put(Mail {
                    wakes,
                    messages,
                    busy,
                });
            }
        }
        if self.fetching.back() || !self.poked.is_empty() {
            self.fetch();
        }
        drop(pokes);
    }
}
