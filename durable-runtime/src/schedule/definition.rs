//! What a schedule's row says: when, and what to start.

use super::Schedule;
use crate::engine::new_run;
use crate::id::{Timestamp, WorkflowId};
use crate::operation::WorkflowOptions;
use crate::store::{NewRun, Queueing, Tags};
use serde::{Deserialize, Serialize};

/// The part of a schedule that only people change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(crate) schedule: Schedule,
    pub(crate) action: Action,
}

/// The workflow that is started each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Action {
    pub(crate) workflow: String,
    pub(crate) queue: String,
    /// Encoded arguments.
    pub(crate) input: Vec<u8>,
    #[serde(default)]
    pub(crate) options: WorkflowOptions,
    #[serde(default, skip_serializing_if = "Queueing::is_default")]
    pub(crate) queueing: Queueing,
    /// What its runs are found by, and what is noted about them.
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub(crate) tags: Tags,
}

impl Action {
    /// The run that is started for it, which nobody owns.
    pub(crate) fn new_run(&self, id: WorkflowId, now: Timestamp) -> NewRun {
        NewRun {
            terms: self.options.terms(now),
            queueing: self.queueing.clone(),
            tags: self.tags.clone(),
            ..NewRun::new(
                new_run(now),
                id,
                self.workflow.clone(),
                self.queue.clone(),
                self.input.clone(),
                now,
            )
        }
    }
}
