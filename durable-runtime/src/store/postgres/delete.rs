//! Deleting runs that have ended.

use super::error::Outcome;
use super::rows;
use super::session::{Columns, number};
use super::text::Key;
use super::transact::Tx;
use crate::id::WorkflowId;
use crate::store::{Deleted, Expiry, Kinds, Phase};

pub(super) async fn delete(tx: Tx, id: &WorkflowId) -> Outcome<Deleted> {
    let sql = "SELECT run, phase FROM @workflow WHERE id=$1 AND current FOR UPDATE";
    let current = tx
        .first(sql, &[&id.as_str()], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<i64>()?, rows::phase(row.next()?)?))
        })
        .await?;
    let Some((current, phase)) = current else {
        return Ok(Deleted::NotFound);
    };
    if phase == Phase::Running {
        return Ok(Deleted::Running);
    }
    let past = "SELECT run FROM @workflow WHERE id=$1 AND NOT current";
    let mut runs = tx
        .all(past, &[&id.as_str()], |row| Columns::of(row).next())
        .await?;
    runs.push(current);
    Ok(Deleted::Runs(forget(&tx, runs).await?))
}

pub(super) async fn expire(tx: Tx, expiry: &Expiry) -> Outcome<usize> {
    let (sign, names) = match &expiry.of {
        Kinds::Only(name) => ("= ANY", std::slice::from_ref(name)),
        Kinds::AllBut(names) => ("<> ALL", names.as_slice()),
    };
    let names: Vec<_> = names.iter().map(|name| Key::new(name)).collect();
    let sql = format!(
        "SELECT w.run FROM @workflow w WHERE w.finished_at<$1 \
         AND w.kind {sign}(ARRAY(SELECT n FROM @name WHERE text=ANY($2))) \
         AND (w.parent IS NULL \
           OR NOT EXISTS(SELECT 1 FROM @workflow p WHERE p.run=w.parent AND p.phase=0)) \
         ORDER BY w.finished_at LIMIT $3"
    );
    let values = [
        &expiry.before.0 as _,
        &names as _,
        &number(expiry.limit) as _,
    ];
    let runs = tx.all(&sql, &values, |row| Columns::of(row).next()).await?;
    let found = runs.len();
    forget(&tx, runs).await?;
    Ok(found)
}

/// Deletes runs that have ended, and their children that have; how many were there.
async fn forget(tx: &Tx, mut runs: Vec<i64>) -> Outcome<usize> {
    let mut count = 0;
    // Generation by generation: a child may have ended before its parent, and another one later.
    while !runs.is_empty() {
        let taken = "SELECT run FROM @workflow WHERE run=ANY($1) AND phase<>0 \
            ORDER BY run FOR UPDATE";
        let gone: Vec<i64> = tx
            .all(taken, &[&runs], |row| Columns::of(row).next())
            .await?;
        for sql in [
            "DELETE FROM @workflow WHERE run=ANY($1)",
            "DELETE FROM @step WHERE run=ANY($1)",
            "DELETE FROM @attempt WHERE run=ANY($1)",
            "DELETE FROM @inbox WHERE run=ANY($1)",
            "DELETE FROM @attribute WHERE run=ANY($1)",
            "DELETE FROM @note WHERE run=ANY($1)",
            "DELETE FROM @task WHERE run=ANY($1)",
        ] {
            tx.execute(sql, &[&gone]).await?;
        }
        count += gone.len();
        let children = "SELECT run FROM @workflow WHERE parent=ANY($1) AND phase<>0";
        runs = tx
            .all(children, &[&gone], |row| Columns::of(row).next())
            .await?;
    }
    if count > 0 {
        tx.news().noteworthy();
    }
    Ok(count)
}
