//! The line before a queue: starts that wait for their turns, and for room.

use super::error::Outcome;
use super::session::{Columns, Session};
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
