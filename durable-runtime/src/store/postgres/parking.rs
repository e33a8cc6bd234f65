//! Parks: owners let go of runs that wait.

use super::error::Outcome;
use super::session::Columns;
use super::text::Text;
use super::transact::Tx;
use super::{inbox, owner};
use crate::id::{Incarnation, RunId};
use crate::store::{Park, Written};
use std::collections::BTreeSet;

/// Lets go of runs, each of which is in here once; answers in their order.
pub(super) async fn park(tx: &Tx, owner: Incarnation, parks: &[&Park]) -> Outcome<Vec<Written>> {
    let parked = update(tx, owner, parks).await?;
    let runs: Vec<_> = parked.iter().map(|run| run.0).collect();
    if !runs.is_empty() {
        inbox::drop_nudges(tx, &runs).await?;
        tx.news().by(owner);
    }
    let left = parks.iter().map(|park| park.run);
    let left: Vec<_> = left.filter(|run| !parked.contains(run)).collect();
    let owned = owner::owned(tx, owner, &left).await?;
    let answer = |park: &&Park| match owned.get(&park.run) {
        _ if parked.contains(&park.run) => Written::Parked,
        Some(wakes) => Written::Woken { wakes: *wakes },
        None => Written::Refused,
    };
    Ok(parks.iter().map(answer).collect())
}

/// Of those that a message comes to meanwhile the counter is another one, once the row is there.
async fn update(tx: &Tx, owner: Incarnation, parks: &[&Park]) -> Outcome<BTreeSet<RunId>> {
    let (mut queues, mut points) = (Vec::new(), Vec::new());
    for park in parks {
        queues.push(tx.name(&park.queue)?);
        points.push(tx.name(&park.point)?);
    }
    let parks = || parks.iter();
    let parked = tx
        .all(
            "WITH t AS MATERIALIZED (SELECT * FROM unnest($2::bigint[],$3::bigint[],$4::bigint[],\
               $5::bigint[],$6::bigint[],$7::bigint[],$8::bigint[],$9::text[],$10::boolean[]) \
               AS t(run,wakes,seq,queue,point,fingerprint,due_at,blocked,held)), \
             taken AS MATERIALIZED (SELECT w.run FROM @workflow w WHERE w.run=ANY($2) \
               AND w.owner=$1 ORDER BY w.run FOR NO KEY UPDATE), \
             parked AS (UPDATE @workflow w SET owner=NULL, seq=t.seq, queue=t.queue, claim_seq=-1, \
               strikes=0 FROM taken JOIN t ON t.run=taken.run WHERE w.run=taken.run AND w.owner=$1 \
               AND w.phase=0 AND w.wakes=t.wakes RETURNING w.run, w.lane, w.paused) \
             INSERT INTO @ready(run,queue,lane,due_at,point,fingerprint,blocked,held) \
             SELECT p.run, t.queue, CASE WHEN p.paused IS NULL THEN p.lane ELSE -1-p.lane END, \
               t.due_at, t.point, t.fingerprint, t.blocked, t.held \
             FROM parked p JOIN t ON t.run=p.run RETURNING run",
            &[
                &owner.0,
                &parks().map(|park| park.run.0).collect::<Vec<_>>(),
                &parks().map(|park| park.wakes).collect::<Vec<_>>(),
                &parks().map(|park| park.seq).collect::<Vec<_>>(),
                &queues,
                &points,
                &parks()
                    .map(|park| park.fingerprint.cast_signed())
                    .collect::<Vec<_>>(),
                &parks()
                    .map(|park| park.due_at.filter(|_| park.blocked.is_none()))
                    .map(|due| due.map(|at| at.0))
                    .collect::<Vec<_>>(),
                &parks()
                    .map(|park| park.blocked.as_deref().map(Text::from))
                    .collect::<Vec<_>>(),
                &parks()
                    .map(|park| park.held && park.blocked.is_some())
                    .collect::<Vec<_>>(),
            ],
            |row| Ok(RunId(Columns::of(row).next()?)),
        )
        .await?;
    Ok(parked.into_iter().collect())
}
