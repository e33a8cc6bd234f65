//! Attempts in the store's transaction: the body's writes and its recorded result are one commit.
//!
//! The result becomes a note on the operation, beside the one that says how far it has come, so a new
//! owner finds it and does not begin the operation again.

use super::committer::Committer;
use super::life::Life;
use crate::activity::{ActivityContext, Transacts};
use crate::id::RunId;
use crate::operation::ActivityRequest;
use crate::store::{Record, Transacted, Work};
use async_trait::async_trait;
use std::sync::Arc;

/// Set in the number of a note that holds the result of an operation. Operations are counted from 1.
const RESULT: u64 = 1 << 62;

/// The number of the note that holds the result of this operation.
pub(super) fn result_of(op: u64) -> u64 {
    RESULT | op
}

/// The context of an attempt of this operation, with the way to the transaction if its body needs one.
pub(super) fn within(
    context: ActivityContext,
    call: &ActivityRequest,
    life: &Life,
    (run, op): (RunId, u64),
) -> ActivityContext {
    if !call.options.transactional || !life.store.transacts() {
        return context;
    }
    let (committer, note) = (life.committer.clone(), result_of(op));
    let record = Record { run, note };
    context.with_transacts(Arc::new(Transactor { committer, record }))
}

/// The way of one attempt.
#[derive(Debug)]
struct Transactor {
    committer: Committer,
    record: Record,
}

#[async_trait]
impl Transacts for Transactor {
    async fn transact(&self, work: Work) -> Result<Transacted, String> {
        match self.committer.transact(self.record, work).await {
            Some(done) => done.map_err(|error| error.to_string()),
            // This life of the worker is over, and the attempt with it.
            None => std::future::pending().await,
        }
    }
}
