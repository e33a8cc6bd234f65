//! Places of runs under way.
//!
//! A place is no row of its own but a mark on a run that has not ended: whatever ends the run frees
//! it in the same transaction.

use super::error::Outcome;
use super::transact::Tx;
use crate::id::RunId;

/// The run that goes on in the place of another has its place.
pub(super) async fn inherit(tx: &Tx, old: RunId, new: RunId) -> Outcome<()> {
    tx.execute(
        "UPDATE @workflow w SET placed=o.placed, ckey=o.ckey FROM @workflow o \
         WHERE o.run=$1 AND w.run=$2 AND o.placed IS NOT NULL",
        &[&old.0, &new.0],
    )
    .await?;
    Ok(())
}
