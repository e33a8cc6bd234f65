//! Lists of runs: which, how many, and what comes back.

use super::condition::Condition;
use super::records::{Phase, RunRecord};
use crate::id::RunId;

/// Which runs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Only this workflow.
    pub workflow: Option<String>,
    /// Only this phase.
    pub phase: Option<Phase>,
    /// Only ids that start with this.
    pub id_prefix: Option<String>,
    /// Only blocked runs.
    pub blocked: bool,
    /// Only runs that rest.
    pub paused: bool,
    /// Only runs of which this is true.
    pub condition: Option<Condition>,
}

/// A page of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Only runs older than this one (the previous page's last).
    pub before: Option<RunId>,
    /// How many at most.
    pub limit: usize,
}

/// A page of runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The runs, newest first.
    pub runs: Vec<RunRecord>,
    /// Where the next page begins, if there is one.
    pub next: Option<RunId>,
}
