//! Ended runs, and workers that are gone, which are not kept any longer.

use crate::id::Timestamp;
use std::time::Duration;

/// How long a worker that is gone stays on record, for people. Its fence does not hold with a row or
/// without one.
pub(crate) const WORKER_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// How many of them are forgotten at once.
pub(crate) const WORKERS_FORGOTTEN_MAX: usize = 100;

/// Which ended runs to delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Only those that ended before this.
    pub before: Timestamp,
    /// Of which workflows.
    pub of: Kinds,
    /// How many at most, not counting their children.
    pub limit: usize,
}

/// Some workflows, by their persistent names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// This one.
    Only(String),
    /// All but these.
    AllBut(Vec<String>),
}

/// What became of a request to delete a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// So many runs are gone: all of the id, and what had ended of their children.
    Runs(usize),
    /// It runs, so it stays.
    Running,
    /// There is no such workflow.
    NotFound,
}

impl Kinds {
    pub(crate) fn contain(&self, workflow: &str) -> bool {
        match self {
            Self::Only(only) => only == workflow,
            Self::AllBut(others) => !others.iter().any(|other| other == workflow),
        }
    }
}
