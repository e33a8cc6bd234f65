//! What an attempt waits for before its body runs: the gate of its activity, and a slot of the worker.

mod gate;

use self::gate::{Gate, Look, Through};
use super::options::ActivityLimits;
use crate::clock::{Busy, Clock};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The gates of a worker, through all of its lives: a new one has no new bucket.
#[derive(Debug, Default)]
pub(super) struct Gates {
    gates: BTreeMap<String, Arc<Gate>>,
    moved: Arc<Notify>,
}

impl Gates {
    pub(super) fn new(limits: &BTreeMap<String, ActivityLimits>, clock: &Arc<dyn Clock>) -> Self {
        let moved = Arc::new(Notify::new());
        let gate = |(name, limits): (&String, &ActivityLimits)| {
            let gate = Gate::new(limits, clock.clone(), moved.clone());
            (name.clone(), Arc::new(gate))
        };
        let gates = limits.iter().map(gate).collect();
        Self { gates, moved }
    }

    /// Whether attempts of this activity have to go through one.
    pub(super) fn has(&self, activity: &str) -> bool {
        self.gates.contains_key(activity)
    }

    /// For how many more attempts of this activity there is room if so many are here, through its
    /// gate or before it: those that would go through at once, or one that waits for the rate.
    pub(super) fn room(&self, activity: &str, here: usize) -> usize {
        let gate = self.gates.get(activity);
        gate.map_or(usize::MAX, |gate| gate.room(here))
    }

    /// Waits until there may be more room somewhere than before.
    pub(super) async fn moved(&self) {
        self.moved.notified().await;
    }

    /// The way in for an attempt of this activity.
    pub(super) fn entrance(&self, activity: &str, slots: Arc<Semaphore>) -> Entrance {
        let gate = self.gates.get(activity).cloned();
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
