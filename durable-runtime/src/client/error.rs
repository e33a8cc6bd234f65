//! What can go wrong between a client and a workflow.

use crate::codec;
use crate::id::{InvalidId, WorkflowId};
use crate::store::{Phase, StoreError, UNREAD_BYTES_MAX};

/// A question or a request could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The text is not a workflow id.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// Nobody has started this id.
    #[error("no workflow has the id `{0}`")]
    NotFound(WorkflowId),
    /// The workflow has ended, so it cannot be asked for anything.
    #[error("workflow `{id}` has already ended ({phase})")]
    Finished {
        /// The workflow.
        id: WorkflowId,
        /// How it ended.
        phase: Phase,
    },
    /// The workflow has as many unread messages as this client lets it have
    /// ([`Client::unread_max`](super::Client::unread_max)), or its unread messages would have more
    /// bytes than [`UNREAD_BYTES_MAX`](crate::store::UNREAD_BYTES_MAX) with this one; nothing was sent.
    #[error(
        "workflow `{id}` has {unread_max} unread messages, or {limit} MiB of them, so it was sent no more",
        limit = UNREAD_BYTES_MAX >> 20
    )]
    Full {
        /// The workflow.
        id: WorkflowId,
        /// The limit.
        unread_max: u32,
    },
    /// The workflow runs, so it cannot be deleted.
    #[error("workflow `{0}` has not ended")]
    Running(WorkflowId),
    /// A record in the store cannot be read; it was written by a newer version or is damaged.
    #[error("{what} of workflow `{id}` cannot be read")]
    Unreadable {
        /// The workflow.
        id: WorkflowId,
        /// Which record.
        what: &'static str,
        /// Why not.
        source: codec::Error,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why there is no result to give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResultError {
    /// The workflow was ended from outside; its function did not return.
    #[error("workflow `{id}` was terminated: {reason}")]
    Terminated {
        /// The workflow.
        id: WorkflowId,
        /// The reason that was given.
        reason: String,
    },
    /// The workflow took too long, and was ended; its function did not return.
    #[error("workflow `{id}` timed out: {reason}")]
    TimedOut {
        /// The workflow.
        id: WorkflowId,
        /// Which limit it reached.
        reason: String,
    },
    /// The workflow ended without a return value.
    #[error("workflow `{id}` ended without a result: {reason}")]
    NoResult {
        /// The workflow.
        id: WorkflowId,
        /// Why, as far as it is on record.
        reason: String,
    },
    /// The recorded result does not fit the type that this program expects.
    #[error("the result of workflow `{id}` does not fit the expected type `{expected}`")]
    Decode {
        /// The workflow.
        id: WorkflowId,
        /// The expected type.
        expected: &'static str,
        /// What does not fit.
        source: codec::Error,
    },
    /// The workflow is not in the store any more.
    #[error("no workflow has the id `{0}` any more")]
    NotFound(WorkflowId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
