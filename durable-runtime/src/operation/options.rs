//! What is written at a workflow function about its runs.

use super::RetryPolicy;
use crate::id::Timestamp;
use crate::store::Terms;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Time-outs and retries of the runs of a workflow. By default there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WorkflowOptions {
    /// How long a workflow may take from its start, with all runs that go on in its place
    /// ([`continue_as_new`](super::continue_as_new), retries).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_timeout: Option<Duration>,
    /// How long one run may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_timeout: Option<Duration>,
    /// How long an ended run stays on record; the default is the worker's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Duration>,
    /// How a run that returned an error, or took longer than `run_timeout`, is tried again from the
    /// beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
}

impl WorkflowOptions {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The terms of a first run that may begin at `begins`.
    pub(crate) fn terms(&self, begins: Timestamp) -> Terms {
        let first = Terms {
            deadline: self.execution_timeout.map(|limit| begins.after(limit)),
            run_timeout: self.run_timeout,
            run_deadline: None,
            retry: self.retry.clone(),
            failed: 0,
        };
        first.next(begins, 0)
    }
}
