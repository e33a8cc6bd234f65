//! How runs change owners: claim, death, takeover, retirement.

use super::error::{Outcome, bug};
use super::fence::{ALIVE, DEAD, RETIRED};
use super::session::{Columns, number};
use super::text::{Key, Text};
use super::transact::Tx;
use super::{claiming, tasks};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{ClaimedRun, NewWorker, Unblock, WORKER_KEPT, WORKERS_FORGOTTEN_MAX};
use std::collections::BTreeMap;

pub(super) async fn register(tx: Tx, new: &NewWorker) -> Outcome<()> {
    let points: Vec<_> = new
        .points
        .iter()
        .map(|point| Text::from(&**point))
        .collect();
    let inserted = tx
        .execute(
            "INSERT INTO @worker(worker,lease_until,label,points) VALUES($1,$2,$3,$4) \
         ON CONFLICT DO NOTHING",
            &[
                &new.worker.0,
                &new.lease_until.0,
                &Text::from(&*new.label),
                &points,
            ],
        )
        .await?;
    match inserted {
        1 => Ok(()),
        _ => Err(bug(format!("worker {} is registered already", new.worker)).into()),
    }
}

/// Those of these runs that `owner` owns, with their counters. Nobody else takes one of them from it while
/// its fence holds.
pub(super) async fn owned(
    tx: &Tx,
    owner: Incarnation,
    runs: &[RunId],
) -> Outcome<BTreeMap<RunId, i64>> {
    if runs.is_empty() {
        return Ok(BTreeMap::new());
    }
    let runs: Vec<_> = runs.iter().map(|run| run.0).collect();
    let sql = "SELECT run, wakes FROM @workflow WHERE run=ANY($1) AND owner=$2";
    let owned = tx
        .all(sql, &[&runs, &owner.0], |row| {
            let mut row = Columns::of(row);
            Ok((RunId(row.next()?), row.next()?))
        })
        .await?;
    Ok(owned.into_iter().collect())
}

/// Ends a worker's life in good order, if it lives.
pub(super) async fn retire(tx: Tx, worker: Incarnation) -> Outcome<()> {
    let sql = "UPDATE @worker SET state=$2, gone_at=lease_until WHERE worker=$1 AND state=$3";
    if tx.execute(sql, &[&worker.0, &RETIRED, &ALIVE]).await? > 0 {
        tx.news().noteworthy();
    }
    tasks::release(&tx, worker).await
}

pub(super) async fn mark_dead(tx: Tx, now: Timestamp) -> Outcome<Vec<Incarnation>> {
    // There are few who live. One that is in the middle of something may be about to say so; if its
    // machine stands still meanwhile, the others need not wait for it.
    tx.execute(
        "UPDATE @worker SET state=$2, gone_at=lease_until WHERE worker IN \
         (SELECT worker FROM @worker WHERE state=0 AND lease_until<$1 ORDER BY worker \
         FOR NO KEY UPDATE SKIP LOCKED)",
        &[&now.0, &DEAD],
    )
    .await?;
    tasks::lose(&tx).await?;
    let kept = i64::try_from(WORKER_KEPT.as_millis()).unwrap_or(i64::MAX);
    // Those who are gone and own nothing: nothing can come to them any more.
    tx.execute(
        "DELETE FROM @worker WHERE worker IN (SELECT g.worker FROM @worker g WHERE g.gone_at<$1 \
         AND NOT EXISTS(SELECT 1 FROM @workflow w WHERE w.owner=g.worker) \
         AND NOT EXISTS(SELECT 1 FROM @task k WHERE k.worker=g.worker) \
         ORDER BY g.gone_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        &[&now.0.saturating_sub(kept), &number(WORKERS_FORGOTTEN_MAX)],
    )
    .await?;
    // Jumps from owner to owner through the index instead of reading every owned run.
    let sql = "WITH RECURSIVE o(owner) AS (\
           (SELECT owner FROM @workflow WHERE owner IS NOT NULL ORDER BY owner LIMIT 1) UNION ALL \
           SELECT (SELECT w.owner FROM @workflow w WHERE w.owner>o.owner ORDER BY w.owner LIMIT 1) \
           FROM o WHERE o.owner IS NOT NULL) \
         SELECT o.owner FROM o LEFT JOIN @worker g ON g.worker=o.owner \
         WHERE o.owner IS NOT NULL AND (g.state IS NULL OR g.state<>$1) ORDER BY o.owner";
    tx.all(sql, &[&ALIVE], |row| {
        Ok(Incarnation(Columns::of(row).next()?))
    })
    .await
}

pub(super) async fn take_over(
    tx: Tx,
    worker: Incarnation,
    from: Incarnation,
    limit: usize,
) -> Outcome<Vec<ClaimedRun>> {
    let sql = "SELECT state FROM @worker WHERE worker=$1";
    let state = tx
        .first(sql, &[&from.0], |row| Columns::of(row).next::<i16>())
        .await?
        .unwrap_or(DEAD);
    if state == ALIVE {
        return Err(bug(format!("worker {from} is alive")).into());
    }
    // Another heir may be at it: waiting for what it takes, behind a fence, would stop all commits here. What is
    // left over is found at the next look, since a dead worker is named until it owns nothing.
    let sql = "SELECT run FROM @workflow WHERE owner=$1 ORDER BY run LIMIT $2 \
        FOR NO KEY UPDATE SKIP LOCKED";
    let runs = tx
        .all(sql, &[&from.0, &number(limit)], |row| {
            Columns::of(row).next::<i64>()
        })
        .await?;
    // `seq` is brought up to date, because strikes and later claims compare with it.
    let mut taken = tx
        .all(
            "UPDATE @workflow w SET owner=$1, epoch=epoch+1, seq=latest.seq, claim_seq=latest.seq, \
             strikes=CASE WHEN claim_seq<>latest.seq THEN 0 ELSE strikes+$4 END \
             FROM (SELECT t.run, coalesce((SELECT max(seq) FROM @step s WHERE s.run=t.run),0) AS seq \
               FROM unnest($3::bigint[]) AS t(run)) AS latest \
             WHERE w.run=latest.run AND w.owner=$2 RETURNING w.run, w.wakes, w.strikes",
            &[&worker.0, &from.0, &runs, &i64::from(state == DEAD)],
            claiming::counters,
        )
        .await?;
    taken.sort_by_key(|(run, _)| *run);
    claiming::load(&tx, &taken).await
}

pub(super) async fn unblock(tx: Tx, points: &[Unblock], now: Timestamp) -> Outcome<usize> {
    let points = || points.iter();
    let unblocked = tx
        .execute(
            "WITH found AS (SELECT r.run FROM @ready r JOIN (SELECT DISTINCT n.n AS point, t.print \
               FROM unnest($1::text[],$2::bigint[]) AS t(point,print) JOIN @name n ON n.text=t.point) \
               AS p ON p.point=r.point AND (p.print IS NULL OR p.print=r.fingerprint) \
               WHERE r.blocked IS NOT NULL AND NOT r.held ORDER BY r.run FOR NO KEY UPDATE OF r) \
             UPDATE @ready r SET blocked=NULL, due_at=$3 WHERE r.run IN (SELECT run FROM found) \
             AND r.blocked IS NOT NULL AND NOT r.held",
            &[
                &points().map(|of| Key::new(&of.point)).collect::<Vec<_>>(),
                &points()
                    .map(|of| of.fingerprint.map(u64::cast_signed))
                    .collect::<Vec<_>>(),
                &now.0,
            ],
        )
        .await?;
    if unblocked > 0 {
        tx.news().noteworthy();
    }
    Ok(usize::try_from(unblocked).unwrap_or(usize::MAX))
}
