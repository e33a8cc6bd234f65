//! What an attempt waits for before its body runs: the gate of its activity, and a slot of the worker.

mod gate;

use self::gate::{Gate, Look, Through};
use super::options::ActivityLimits;
use crate::clock::{Busy, Clock};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The gates of a worker, through all of its lives: a new one has no new bucket.
#[derive(Debug, Default)]
pub(super) struct Gates(BTreeMap<String, Arc<Gate>>);

impl Gates {
    pub(super) fn new(limits: &BTreeMap<String, ActivityLimits>, clock: &Arc<dyn Clock>) -> Self {
        let gate = |(name, limits): (&String, &ActivityLimits)| {
            let gate = Gate::new(limits.at_most, limits.rate, clock.clone());
            (name.clone(), Arc::new(gate))
        };
        Self(limits.iter().map(gate).collect())
    }

    /// The way in for an attempt of this activity.
    pub(super) fn entrance(&self, activity: &str, slots: Arc<Semaphore>) -> Entrance {
        let gate = self.0.get(activity).cloned();
        Entrance { gate, slots }
    }
}

/// Where one attempt comes in.
#[derive(Debug)]
pub(super) struct Entrance {
    gate: Option<Arc<Gate>>,
    slots: Arc<Semaphore>,
}

/// What an attempt holds while it runs. The slot is given back first, so that the next one through
/// the gate finds it.
#[derive(Debug)]
pub(super) struct Admitted {
    _slot: OwnedSemaphorePermit,
    _gate: Option<Through>,
}

impl Entrance {
    /// Goes in if nothing has to be waited for.
    pub(super) fn at_once(&self) -> Option<Admitted> {
        let ticket = self.gate.as_ref().map(Gate::join);
        let slot = self.slots.clone().try_acquire_owned().ok()?;
        let gate = ticket.map(|ticket| ticket.pass().map_err(drop)).transpose();
        Some(Admitted {
            _slot: slot,
            _gate: gate.ok()?,
        })
    }

    /// Waits until it may go in; dropped, it has taken nothing. Time passes meanwhile.
    pub(super) async fn wait(self, clock: &dyn Clock, busy: Busy) -> (Admitted, Busy) {
        let mut busy = Some(busy);
        let Some(gate) = &self.gate else {
            drop(busy);
            let admitted = Admitted {
                _slot: slot(self.slots).await,
                _gate: None,
            };
            return (admitted, clock.busy());
        };
        let mut ticket = gate.join();
        loop {
            match ticket.look() {
                Look::Wait(rings) => {
                    drop(busy.take());
                    busy = rings.await.ok();
                }
                Look::At(at) => {
                    let sleeping = clock.sleep_until(at);
                    drop(busy.take());
                    busy = Some(sleeping.await);
                }
                Look::Now => {
                    let free = self.slots.clone().try_acquire_owned();
                    let slot = match free {
                        Ok(slot) => slot,
                        Err(_) => {
                            drop(busy.take());
                            let slot = slot(self.slots.clone()).await;
                            busy = Some(clock.busy());
                            slot
                        }
                    };
                    match ticket.pass() {
                        Ok(through) => {
                            let admitted = Admitted {
                                _slot: slot,
                                _gate: Some(through),
                            };
                            return (admitted, busy.unwrap_or_else(|| clock.busy()));
                        }
                        // The rate has closed meanwhile.
                        Err(again) => ticket = again,
                    }
                }
            }
        }
    }
}

async fn slot(slots: Arc<Semaphore>) -> OwnedSemaphorePermit {
    match slots.acquire_owned().await {
        Ok(slot) => slot,
        // Nobody closes it while attempts are made.
        Err(_) => std::future::pending().await,
    }
}
