//! Messages to runs: how one gets into an inbox, and what is forgotten at the end.

use super::error::Outcome;
use super::pause;
use super::rows::{self, small};
use super::session::{Columns, Session, number};
use super::text::{Key, Text};
use super::transact::Tx;
use crate::id::{RunId, Timestamp, WorkflowId};
use crate::store::{CHAIN_MAX, Heard, MessageKind, NewMessage, UNREAD_BYTES_MAX};

/// Puts a message into the inbox of a run that has not ended, whose row this transaction has taken, and
/// makes it due if it waits. A message whose id is there already changes nothing (false).
pub(super) async fn put(tx: &Tx, run: RunId, message: &NewMessage) -> Outcome<bool> {
    if message.kind == MessageKind::Cancel {
        // A run that rests could not clean up.
        pause::lift(tx, run, message.sent_at).await?;
    }
    if let Some(beats) = message.replaces() {
        // Unread heartbeats of its attempt, if nobody can have read them.
        let sql = "DELETE FROM @inbox WHERE run=$1 AND used_seq IS NULL AND starts_with(msg,$2) \
            AND msg<>$3 AND EXISTS(SELECT 1 FROM @workflow w WHERE w.run=$1 AND w.owner IS NULL)";
        tx.execute(sql, &[&run.0, &Key::new(beats), &Key::new(&message.msg)])
            .await?;
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

/// Whether a run, or one that it goes on for, has had a message of this id. Only so many are asked.
pub(super) async fn is_known(conn: &Session, run: RunId, msg: &str) -> Outcome<bool> {
    Ok(heard_before(conn, run, msg).await?.is_some())
}

/// Whether an earlier run of this id has had a message of that one. Only so many are asked.
pub(super) async fn was_known(conn: &Session, id: &WorkflowId, msg: &str) -> Outcome<bool> {
    conn.any(
        "SELECT 1 FROM (SELECT run FROM @workflow WHERE id=$1 AND NOT current \
         ORDER BY run DESC LIMIT $3) p JOIN @inbox i ON i.run=p.run AND i.msg=$2 LIMIT 1",
        &[&id.as_str(), &Key::new(msg), &i64::from(CHAIN_MAX)],
    )
    .await
}

/// What the same runs have said of such a message, if one has had it.
pub(super) async fn heard_before(conn: &Session, run: RunId, msg: &str) -> Outcome<Option<Heard>> {
    conn.first(
        "WITH RECURSIVE chain(run,n) AS (SELECT $1::bigint,0::bigint UNION ALL \
         SELECT w.run,n+1 FROM chain c JOIN @workflow w ON w.next=c.run WHERE n<$3) \
         SELECT coalesce(i.whole,i.msg), i.stage, i.reply FROM chain c \
         JOIN @inbox i ON i.run=c.run AND i.msg=$2 ORDER BY c.n LIMIT 1",
        &[&run.0, &Key::new(msg), &i64::from(CHAIN_MAX)],
        rows::reply,
    )
    .await
}

/// What a run, or one that goes on in its place, has said of a message, if one has had it.
pub(super) async fn heard_since(conn: &Session, run: RunId, msg: &str) -> Outcome<Option<Heard>> {
    conn.first(
        "WITH RECURSIVE chain(run,n) AS (SELECT $1::bigint,0::bigint UNION ALL \
         SELECT w.next,n+1 FROM chain c JOIN @workflow w ON w.run=c.run WHERE w.next IS NOT NULL) \
         SELECT coalesce(i.whole,i.msg), i.stage, i.reply FROM chain c \
         JOIN @inbox i ON i.run=c.run AND i.msg=$2 ORDER BY c.n LIMIT 1",
        &[&run.0, &Key::new(msg)],
        rows::reply,
    )
    .await
}

/// Whether a run has too many unread messages to take this one, which is new to it.
pub(super) async fn is_full(conn: &Session, run: RunId, message: &NewMessage) -> Outcome<bool> {
    let Some(max) = message.unread_max.filter(|_| message.kind.is_letter()) else {
        return Ok(false);
    };
    // The counter has moved on by one with each message since the first that is unread, and so have
    // the bytes: as long as both are not far, nothing need be counted.
    let (size, max) = (number(message.payload.len()), i64::from(max));
    let bytes_max = number(UNREAD_BYTES_MAX);
    let may_be = conn
        .any(
            "SELECT 1 FROM @workflow w, \
             (SELECT ord, bytes-length(payload) AS before FROM @inbox \
               WHERE run=$1 AND used_seq IS NULL ORDER BY ord LIMIT 1) AS first, \
             (SELECT bytes FROM @inbox \
               WHERE run=$1 AND used_seq IS NULL ORDER BY ord DESC LIMIT 1) AS last \
             WHERE w.run=$1 AND (w.wakes+1-$2>=first.ord OR last.bytes-first.before+$3>$4)",
            &[&run.0, &max, &size, &bytes_max],
        )
        .await?;
    if !may_be && max > 0 {
        return Ok(false);
    }
    conn.any(
        "SELECT 1 FROM (SELECT count(*) AS count, coalesce(sum(length(payload)),0)::bigint AS bytes \
           FROM @inbox WHERE run=$1 AND used_seq IS NULL AND kind IN ($4,$5)) AS unread \
         WHERE (count>=$2 OR bytes+$6>$7) AND NOT EXISTS(\
           SELECT 1 FROM @inbox WHERE run=$1 AND msg=$3)",
        &[
            &run.0,
            &max,
            &Key::new(&message.msg),
            &small(MessageKind::Signal as u8),
            &small(MessageKind::Update as u8),
            &size,
            &bytes_max,
        ],
    )
    .await
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
