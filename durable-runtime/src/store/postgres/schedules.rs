//! Schedules: rows with a version, and what they hear of the ends of their runs.

use super::error::Outcome;
use super::transact::Tx;
use crate::id::{RunId, Timestamp};

/// Tells its schedule of a run that has just ended for good, if that is still there.
pub(super) async fn told(tx: &Tx, run: RunId, at: Timestamp) -> Outcome<()> {
    // The row of the schedule first: who deletes it deletes what it was told with it.
    let due = tx
        .execute(
            "UPDATE @schedule SET version=version+1, due_at=least(due_at,$2) \
             WHERE id=(SELECT schedule FROM @workflow WHERE run=$1)",
            &[&run.0, &at.0],
        )
        .await?;
    if due > 0 {
        tx.execute(
            "INSERT INTO @schedule_end(schedule,run,id,started_at,ended_at,phase,output,error) \
             SELECT schedule, run, id, created_at, $2, phase, output, error FROM @workflow \
             WHERE run=$1",
            &[&run.0, &at.0],
        )
        .await?;
    }
    Ok(())
}
