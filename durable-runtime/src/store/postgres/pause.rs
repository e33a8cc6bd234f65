//! Runs that operators let rest.
//!
//! Who pauses a run notes it in the run's row. One that nobody owns moves to a lane that no claim
//! looks at: the negative of its own, so that it comes back where it was. An owner is told by a
//! message, and lets go of the run as soon as nothing is under way.
//!
//! Whoever calls this has taken the row of the run.

use super::error::Outcome;
use super::session::Columns;
use super::text::Text;
use super::transact::Tx;
use super::{inbox, line, task_line};
use crate::id::{RunId, Timestamp};
use crate::store::{MessageKind, NewMessage};

/// Lets a run rest; one that rests already does so for the reason given first.
pub(super) async fn pause(tx: &Tx, run: RunId, message: &NewMessage) -> Outcome<()> {
    let reason = String::from_utf8_lossy(&message.payload);
    let owned = tx
        .first(
            "UPDATE @workflow SET paused=$2, paused_at=$3 WHERE run=$1 AND paused IS NULL \
             RETURNING owner IS NOT NULL",
            &[&run.0, &Text::from(&*reason), &message.sent_at.0],
            |row| Columns::of(row).next(),
        )
        .await?;
    turned(tx, run, owned, MessageKind::Pause, message.sent_at).await
}

/// Lets a run go on that was paused.
pub(super) async fn lift(tx: &Tx, run: RunId, at: Timestamp) -> Outcome<()> {
    let sql = "UPDATE @workflow SET paused=NULL, paused_at=NULL WHERE run=$1 \
        AND paused IS NOT NULL RETURNING owner IS NOT NULL";
    let owned = tx
        .first(sql, &[&run.0], |row| Columns::of(row).next())
        .await?;
    turned(tx, run, owned, MessageKind::Resume, at).await
}

/// Lets a run go on that was paused, or that has killed its workers.
pub(super) async fn resume(tx: &Tx, run: RunId, at: Timestamp) -> Outcome<()> {
    lift(tx, run, at).await?;
    let sql = "UPDATE @ready SET blocked=NULL, held=false, due_at=$2 WHERE run=$1 AND held";
    if tx.execute(sql, &[&run.0, &at.0]).await? > 0 {
        tx.news().noteworthy();
    }
    Ok(())
}

/// The run that goes on in the place of another rests as that one did.
pub(super) async fn inherit(tx: &Tx, old: RunId, new: RunId) -> Outcome<()> {
    let rests = tx
        .execute(
            "UPDATE @workflow w SET paused=o.paused, paused_at=o.paused_at FROM @workflow o \
             WHERE o.run=$1 AND w.run=$2 AND o.paused IS NOT NULL",
            &[&old.0, &new.0],
        )
        .await?;
    if rests > 0 {
        change_lane(tx, new).await?;
    }
    Ok(())
}

/// After a run was paused or is not any more (`owned`), or nothing has changed.
async fn turned(
    tx: &Tx,
    run: RunId,
    owned: Option<bool>,
    kind: MessageKind,
    at: Timestamp,
) -> Outcome<()> {
    match owned {
        Some(true) => inbox::nudge(tx, run, kind, at).await?,
        Some(false) => change_lane(tx, run).await?,
        None => return Ok(()),
    }
    match kind {
        MessageKind::Pause => task_line::rest(tx, run).await?,
        _ => task_line::go_on(tx, run).await?,
    }
    tx.news().noteworthy();
    Ok(())
}

/// A start that waits in line leaves it, and joins it anew when it goes on.
async fn change_lane(tx: &Tx, run: RunId) -> Outcome<()> {
    let sql = "UPDATE @ready SET lane=-1-lane, gate=least(gate,1), tag=NULL WHERE run=$1 \
        RETURNING queue, ckey";
    let place = tx
        .first(sql, &[&run.0], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<i64>()?, row.next::<Option<String>>()?))
        })
        .await?;
    match place {
        Some((queue, Some(key))) => line::freed(tx, queue, &key).await,
        _ => Ok(()),
    }
}
