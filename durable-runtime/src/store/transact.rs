//! Work that a store does in its own transaction.

use super::records::Fence;
use crate::id::RunId;
use crate::transaction::Transaction;
use std::sync::Arc;

/// What runs in the transaction. What it gives is kept with its writes; with `None` they are undone.
/// It is repeated with the call.
pub type Work = Arc<dyn Fn(&mut Transaction<'_>) -> Option<Vec<u8>> + Send + Sync>;

/// For which operation of a run the work is done. What it gives is kept in a
/// [`Note`](super::Note), in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The run.
    pub run: RunId,
    /// The number of that note.
    pub note: u64,
}

/// What became of the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transacted {
    /// It is done, now or by an earlier call for the same record; this it gave.
    Done(Vec<u8>),
    /// It gave nothing, and nothing is left of it.
    Undone,
    /// The fence's worker does not own the run (any more); nothing was done.
    Refused,
}

/// The fence and the record of work that belongs to a run.
pub type Recorded = (Fence, Record);
