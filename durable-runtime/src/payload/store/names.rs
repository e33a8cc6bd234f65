//! The ids of runs, as far as they were seen here.

use crate::id::{RunId, WorkflowId};
use crate::store::{Store, StoreError};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More are not remembered: they are read again.
const NAMES_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeMap<RunId, WorkflowId>>);

impl Names {
    fn known(&self) -> MutexGuard<'_, BTreeMap<RunId, WorkflowId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run and the id that it has for ever.
    pub(super) fn learn(&self, run: RunId, id: &WorkflowId) {
        let mut known = self.known();
        if known.len() >= NAMES_MAX {
            // The newest are those that are asked for.
            known.pop_first();
        }
        known.entry(run).or_insert_with(|| id.clone());
    }

    /// The id of a run. A run that does not exist has one that no run has: what is bound to it is
    /// refused by the store anyway.
    pub(super) async fn of(&self, store: &dyn Store, run: RunId) -> Result<WorkflowId, StoreError> {
        if let Some(id) = self.known().get(&run) {
            return Ok(id.clone());
        }
        // Whatever goes on in its place has the same id.
        match store.follow(run).await? {
            Some(record) => {
                self.learn(run, &record.id);
                Ok(record.id)
            }
            None => WorkflowId::new(format!("no run {run}"))
                .map_err(|error| StoreError::Bug(error.to_string())),
        }
    }
}
