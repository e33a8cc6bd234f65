//! The way of a test's client to the workers that live at the moment.

use super::ends::Ends;
use super::hold::{Hold, Waits};
use super::life::Life;
use crate::client::{Link, Outcome};
use crate::clock::{Busy, Clock, VirtualClock};
use crate::engine::WorkerLink;
use crate::id::RunId;
use crate::store::{NewRun, Store, StoreError, Written};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Leads to all workers of a test.
#[derive(Debug)]
pub(super) struct Links {
    store: Arc<dyn Store>,
    clock: VirtualClock,
    hold: Hold,
    ends: Arc<Ends>,
    workers: Mutex<Vec<(Arc<Life>, WorkerLink)>>,
    writes: watch::Sender<u64>,
    asking: Mutex<Asking>,
}

/// Those who wait for the answer of an update.
#[derive(Debug, Default)]
struct Asking {
    count: usize,
    /// How often a worker has written while somebody waited.
    writes: u64,
    /// How many have waited since before the last of these.
    unaware: usize,
    /// After a write: time stands still until they have looked.
    busy: Option<Busy>,
}

/// Somebody waits for the answer of an update until this is dropped.
struct Asks<'a> {
    links: &'a Links,
    /// How often a worker had written before.
    since: u64,
    waits: Option<Waits<'a>>,
}

impl<'a> Asks<'a> {
    fn new(links: &'a Links) -> Self {
        let mut asking = links.asking();
        asking.count += 1;
        let since = asking.writes;
        drop(asking);
        let waits = Some(links.hold.waits());
        Self {
            links,
            since,
            waits,
        }
    }
}

impl Drop for Asks<'_> {
    fn drop(&mut self) {
        // Held anew before the guard of the write goes.
        drop(self.waits.take());
        let mut asking = self.links.asking();
        asking.count -= 1;
        if self.since < asking.writes {
            asking.unaware -= 1;
        }
        let all_know = asking.unaware == 0;
        let busy = asking.busy.take_if(|_| all_know);
        drop(asking);
        drop(busy);
    }
}

impl Links {
    pub(super) fn new(
        store: Arc<dyn Store>,
        clock: VirtualClock,
        hold: Hold,
        ends: Arc<Ends>,
    ) -> Self {
        Self {
            store,
            clock,
            hold,
            ends,
            workers: Mutex::default(),
            writes: watch::Sender::new(0),
            asking: Mutex::default(),
        }
    }

    fn workers(&self) -> MutexGuard<'_, Vec<(Arc<Life>, WorkerLink)>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker is born.
    pub(super) fn enter(&self, life: Arc<Life>, link: WorkerLink) {
        self.workers().push((life, link));
    }

    /// A worker dies.
    pub(super) fn leave(&self, life: &Arc<Life>) {
        self.workers()
            .retain(|(other, _)| !Arc::ptr_eq(other, life));
    }

    /// Lets all workers take over what dead ones have left.
    pub(super) fn take_over(&self) {
        self.workers().iter().for_each(|(_, link)| link.take_over());
    }

    fn asking(&self) -> MutexGuard<'_, Asking> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A worker has written: others may want to know before time goes on.
    pub(super) fn has_written(&self) {
        let mut asking = self.asking();
        if asking.count > 0 {
            asking.writes += 1;
            asking.unaware = asking.count;
            asking.busy.get_or_insert_with(|| self.clock.busy());
        }
        drop(asking);
        self.writes.send_modify(|count| *count += 1);
        if self.workers().len() > 1 {
            self.poke();
        }
    }
}

impl Links {
    /// Why a wait is in vain, and where each workflow stands.
    async fn in_vain(&self, standstill: Busy, what: &str) -> String {
        let text = self.ends.standing().await;
        drop(standstill);
        format!("no worker has anything to do and no time has to pass, so {what}:\n{text}")
    }
}

#[async_trait]
impl Link for Links {
    async fn start(&self, run: NewRun) -> Result<Written, StoreError> {
        let worker = self.workers().first().cloned();
        if let Some((life, link)) = worker {
            tokio::select! {
                biased;
                () = life.over() => {}
                written = link.start(run.clone()) => return written,
            }
        }
        let busy = self.clock.busy();
        let written = self.store.start(run).await;
        self.poke();
        drop(busy);
        written
    }

    /// Waits, while time may pass, until it has ended.
    ///
    /// # Panics
    /// When it never will.
    async fn ended(&self, run: RunId) -> Option<Outcome> {
        let standstill = self.clock.standstill();
        let busy = self.clock.busy();
        let waits = self.hold.waits();
        let news = tokio::select! {
            biased;
            news = self.ends.ended(run, busy) => news?,
            busy = standstill => Err(self.in_vain(busy, "the workflow will never end").await),
        };
        drop(waits);
        match news {
            Ok((outcome, busy)) => {
                drop(busy);
                Some(outcome)
            }
            Err(text) => panic!("{text}"),
        }
    }

    fn answers(&self) -> watch::Receiver<u64> {
        self.writes.subscribe()
    }

    /// Waits, while time may pass, until a worker has written something.
    ///
    /// # Panics
    /// When none ever will.
    async fn answered(&self, answers: &mut watch::Receiver<u64>) {
        let standstill = self.clock.standstill();
        let asks = Asks::new(self);
        let in_vain = tokio::select! {
            biased;
            // It cannot fail: the sender is here.
            _ = answers.changed() => None,
            busy = standstill => Some(self.in_vain(busy, "the update will never be answered").await),
        };
        drop(asks);
        if let Some(text) = in_vain {
            panic!("{text}");
        }
    }

    fn poke(&self) {
        self.workers().iter().for_each(|(_, link)| link.poke());
    }
}
