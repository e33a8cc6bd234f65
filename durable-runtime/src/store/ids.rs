//! What a start does that finds its id taken.

use super::{MessageKind, NewMessage, NewRun, Parent, Phase, RunRecord};
use crate::id::Timestamp;
use serde::{Deserialize, Serialize};

/// What a start does if a workflow of the same id *runs*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnConflict {
    /// It starts nothing, and says so.
    #[default]
    Fail,
    /// It starts nothing, and gives the one that runs.
    UseExisting,
    /// It terminates the one that runs, and takes its id, in one transaction.
    TerminateExisting,
}

/// What a start does if a workflow of the same id *has ended*, and is still on record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reuse {
    /// It starts nothing, and says so: never twice for the same id.
    #[default]
    Reject,
    /// It starts a new run, unless the last one completed.
    IfFailed,
    /// It starts a new run.
    Allow,
}

/// What a start does that finds its id taken. The default refuses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdPolicy {
    /// By one that runs.
    pub conflict: OnConflict,
    /// By one that has ended.
    pub reuse: Reuse,
}

impl IdPolicy {
    /// The error text of a run whose id another start has taken.
    pub(crate) const REPLACED: &str = "another start took its id";

    /// What the owner of such a run is told.
    pub(crate) fn eviction(sent_at: Timestamp) -> NewMessage {
        NewMessage {
            msg: "terminate".into(),
            kind: MessageKind::Terminate,
            name: String::new(),
            payload: Self::REPLACED.into(),
            sent_at,
            unread_max: None,
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a start of `new` takes the id from a run in `phase`.
    fn takes_from(self, phase: Phase) -> bool {
        match phase {
            Phase::Running => self.conflict == OnConflict::TerminateExisting,
            Phase::Completed => self.reuse == Reuse::Allow,
            _ => self.reuse != Reuse::Reject,
        }
    }
}

impl NewRun {
    /// Whether it takes its id from the run that has it. One that is this very start (of the same
    /// number, or by the same operation of the same parent) keeps it: its answer had been lost.
    pub(crate) fn takes_id_from(&self, current: &RunRecord) -> bool {
        let same = |parent: Parent| current.parent == Some(parent);
        self.ids.takes_from(current.phase)
            && current.run != self.run
            && !self.parent.is_some_and(same)
    }
}
