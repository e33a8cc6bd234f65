//! Messages to runs: how one gets into an inbox, and what is forgotten at the end.

use super::error::Outcome;
use super::pause;
use super::rows::small;
use super::session::{Columns, number};
use super::text::{Key, Text};
use super::transact::Tx;
use crate::id::{RunId, Timestamp};
use crate::store::{MessageKind, NewMessage};

/// Puts a message into the inbox of a run that has not ended, whose row this transaction has taken, and
/// makes it due if it waits. A message whose id is there already changes nothing (false).
pub(super) async fn put(tx: &Tx, run: RunId, message: &NewMessage) -> Outcome<bool> {
    if message.kind == MessageKind::Cancel {
        // A run that rests could not clean up.
        pause::lift(tx, run, message.sent_at).await?;
    }
    let size = if message.kind.is_letter() {
        number(message.payload.len())
    } else {
        0
    };
    let added = tx
        .execute(
            "INSERT INTO @inbox(run,msg,whole,ord,kind,payload,sent_at,name,bytes) \
         SELECT run,$2,$3,wakes+1,$4,$5,$6,$7,$8+coalesce((SELECT bytes FROM @inbox i \
           WHERE i.run=$1 AND used_seq IS NULL ORDER BY ord DESC LIMIT 1),0) \
         FROM @workflow WHERE run=$1 ON CONFLICT(run,msg) DO NOTHING",
            &[
                &run.0,
                &Key::new(&message.msg),
                &Key::whole(&message.msg),
                &small(message.kind as u8),
                &message.payload,
                &message.sent_at.0,
                &Text::from(&*message.name),
                &size,
            ],
        )
        .await?;
    if added == 0 {
        return Ok(false);
    }
    let counted = "UPDATE @workflow SET wakes=wakes+1 WHERE run=$1 RETURNING seq";
    let seq = tx
        .first(counted, &[&run.0], |row| Columns::of(row).next::<i64>())
        .await?;
    if message.kind.wakes_fresh() || seq.is_some_and(|seq| seq > 0) {
        tx.execute(
            "UPDATE @ready SET due_at=least(due_at,$2) WHERE run=$1 AND blocked IS NULL",
            &[&run.0, &message.sent_at.0],
        )
        .await?;
    }
    tx.news().noteworthy();
    Ok(true)
}

/// Tells the owner of a run what has changed in the run's row. The counter names the message.
pub(super) async fn nudge(tx: &Tx, run: RunId, kind: MessageKind, at: Timestamp) -> Outcome<()> {
    tx.execute(
        "INSERT INTO @inbox(run,msg,ord,kind,payload,sent_at,bytes) \
         SELECT run, 'nudge/'||(wakes+1), wakes+1, $2, '', $3, \
           coalesce((SELECT bytes FROM @inbox i \
             WHERE i.run=$1 AND used_seq IS NULL ORDER BY ord DESC LIMIT 1),0) \
         FROM @workflow WHERE run=$1",
        &[&run.0, &small(kind as u8), &at.0],
    )
    .await?;
    let sql = "UPDATE @workflow SET wakes=wakes+1 WHERE run=$1";
    tx.execute(sql, &[&run.0]).await?;
    Ok(())
}

/// Forgets nudges: whoever gets the runs next reads their rows.
pub(super) async fn drop_nudges(tx: &Tx, runs: &[i64]) -> Outcome<()> {
    let kinds = [MessageKind::Pause, MessageKind::Resume].map(|kind| small(kind as u8));
    let sql = "DELETE FROM @inbox WHERE run=ANY($1) AND used_seq IS NULL AND kind=ANY($2)";
    tx.execute(sql, &[&runs, &&kinds[..]]).await?;
    Ok(())
}

/// Forgets what runs that have ended will never read, but not that they were terminated by a message of
/// its own id; `inbox_open` then holds live runs only.
pub(super) async fn drop_unread(tx: &Tx, runs: &[i64]) -> Outcome<()> {
    if runs.is_empty() {
        return Ok(());
    }
    let (kind, steering) = (MessageKind::Terminate, MessageKind::Terminate.steering());
    tx.execute(
        "UPDATE @inbox SET used_seq=0, payload='' \
         WHERE run=ANY($1) AND used_seq IS NULL AND kind=$2 AND msg<>$3",
        &[&runs, &small(kind as u8), &steering],
    )
    .await?;
    let sql = "DELETE FROM @inbox WHERE run=ANY($1) AND used_seq IS NULL";
    tx.execute(sql, &[&runs]).await?;
    Ok(())
}
