//! The line before a queue: starts that wait for their turns, and for room.

use super::claiming::Fitting;
use super::error::Outcome;
use super::session::{Columns, Session};
use super::transact::Tx;
use super::unfinished;
use crate::id::{Incarnation, Timestamp};
use crate::store::{Claim, ClaimedRun};
use std::collections::BTreeSet;

/// In which of these queues starts wait in line.
pub(super) async fn existing(conn: &Session, queues: &BTreeSet<i64>) -> Outcome<BTreeSet<i64>> {
    if queues.is_empty() {
        return Ok(BTreeSet::new());
    }
    let queues: Vec<_> = queues.iter().copied().collect();
    let sql = "SELECT queue FROM @line WHERE queue=ANY($1)";
    let found = conn
        .all(sql, &[&queues], |row| Columns::of(row).next())
        .await?;
    Ok(found.into_iter().collect())
}

/// Takes the lines of these queues, and answers whether there are any.
pub(super) async fn take(tx: &Tx, queues: &BTreeSet<i64>) -> Outcome<bool> {
    if queues.is_empty() {
        return Ok(false);
    }
    let queues: Vec<_> = queues.iter().copied().collect();
    let sql = "SELECT 1 FROM @line WHERE queue=ANY($1) ORDER BY queue FOR UPDATE";
    tx.any(sql, &[&queues]).await
}

/// One of this key, as its column has it, has ended: those behind it join the line, as many as may.
#[expect(clippy::unused_async, reason = "it will write")]
pub(super) async fn freed(_tx: &Tx, _queue: i64, _key: &str) -> Outcome<()> {
    Err(unfinished("the end of a run with a concurrency key"))
}

/// A claim in a queue with a line, which it has taken.
#[expect(clippy::unused_async, reason = "it will claim")]
pub(super) async fn claim(
    _tx: &Tx,
    _worker: Incarnation,
    _queue: i64,
    _of: &Fitting,
    _claim: &Claim,
) -> Outcome<Vec<ClaimedRun>> {
    // It begins with the starts that have not found the line, then `claiming::open`; see `sqlite/owner.rs`.
    Err(unfinished("a claim of starts in line"))
}

/// From when the first in line, or the first that is to join it, may be claimed.
#[expect(clippy::unused_async, reason = "it will look")]
pub(super) async fn next_due(
    _conn: &Session,
    _queue: i64,
    _of: &Fitting,
    _now: Timestamp,
) -> Outcome<Option<Timestamp>> {
    Err(unfinished("when starts in line are due"))
}
