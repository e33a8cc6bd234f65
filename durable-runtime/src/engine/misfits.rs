//! Which frames this binary could not go on with: known to the process, lost with it.
//!
//! A kind of frame is a suspend point and a fingerprint. While versions of the code run side by
//! side, a worker leaves the kinds it failed to load to the workers that wrote them, and makes
//! blocked runs of the kinds that it writes itself claimable again, whoever blocked them.

use crate::machine::describe;
use crate::registry::Registry;
use crate::store::{Unblock, Unfit};
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What the lives of one worker have learned. Grows with the versions of the code that meet.
#[derive(Debug, Default)]
pub(super) struct Misfits(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Written by another version, and not loadable here: not claimed any more.
    unfit: BTreeSet<Unfit>,
    /// Blocked here for whatever reason: not tried again by this worker of its own accord.
    blocked: BTreeSet<Unfit>,
}

impl Misfits {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame did not load here that another version of the code wrote.
    pub(super) fn unfit(&self, kind: Unfit) {
        let text = format!("{} ({:016x})", kind.point, kind.fingerprint);
        if self.known().unfit.insert(kind) {
            tracing::warn!(
                kind = text,
                "workflows at this await were left there by another version of the code and do \
                 not fit this one; this worker leaves them to others"
            );
        }
    }

    /// A run is being blocked here.
    pub(super) fn blocked(&self, kind: Unfit) {
        self.known().blocked.insert(kind);
    }

    /// What not to claim.
    pub(super) fn not_to_claim(&self) -> Vec<Unfit> {
        self.known().unfit.iter().cloned().collect()
    }

    /// The kinds of frames that this binary writes and that have not failed here. Runs before
    /// their first await are not among them: their inputs have no fingerprint.
    pub(super) fn to_unblock(&self, registry: &Registry) -> Vec<Unblock> {
        let known = self.known();
        let own = |kind: &Unfit| !known.unfit.contains(kind) && !known.blocked.contains(kind);
        registry
            .workflows()
            .flat_map(|def| {
                let fingerprints = describe(def).fingerprints.clone();
                let points = def.points.iter().zip(fingerprints);
                points.map(|(point, fingerprint)| Unfit {
                    point: format!("{}/{}", def.name, point.label),
                    fingerprint,
                })
            })
            .filter(own)
            .map(|Unfit { point, fingerprint }| Unblock {
                point,
                fingerprint: Some(fingerprint),
            })
            .collect()
    }
}
