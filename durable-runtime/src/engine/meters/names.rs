//! Handles by name: made when a name first comes up, so that each event costs one look-up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What there is of each workflow or activity. The names are those that the worker knows.
#[derive(Debug)]
pub(super) struct ByName<T>(Mutex<BTreeMap<String, Arc<T>>>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> ByName<T> {
    pub(super) fn get(&self, name: &str, make: impl FnOnce(&str) -> T) -> Arc<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.get(name) {
            return found.clone();
        }
        let made = Arc::new(make(name));
        all.insert(name.to_owned(), made.clone());
        made
    }
}
