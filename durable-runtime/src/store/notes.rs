//! What an owner puts down about an operation under way.

use crate::id::RunId;

/// What the owner of a run knows about one of its operations beside the checkpoint (how far an
/// activity has come, say), for whoever goes on with it. A later one takes its place; the step that
/// settles the operation, and the end of the run, remove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The run.
    pub run: RunId,
    /// The number of the operation.
    pub op: u64,
    /// The note; opaque to the store.
    pub body: Vec<u8>,
    /// Unread messages (`ord`) that it makes superfluous: they are removed.
    pub consumed: Vec<i64>,
}
