//! What the end of a run does to its parent and its children, in the transaction that ends it.

use super::error::{Outcome, bug};
use super::rows::{self, small};
use super::session::Columns;
use super::text::Text;
use super::transact::Tx;
use super::{inbox, line, notes, schedules, tasks};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{ChildEnd, NewMessage, NewRun, PARENT_ENDED, Parent, ParentClose, Phase};
use std::collections::BTreeSet;

/// Takes the rows of runs that may be about to end, and of all that would hear of it, and before them
/// the lines that one of them may leave. What is done to them looks again: more may have come to it.
pub(super) async fn take(tx: &Tx, runs: &[i64]) -> Outcome<()> {
    let family = tx
        .all(
            "WITH RECURSIVE below(run,ends) AS (SELECT unnest($1::bigint[]), true UNION \
             SELECT c.run, c.parent_close=$2 AND c.owner IS NULL FROM below b \
             JOIN @workflow c ON c.parent=b.run AND c.phase=0 WHERE b.ends) \
             SELECT w.run, CASE WHEN w.ckey IS NOT NULL THEN w.queue END FROM @workflow w \
             WHERE w.run IN (SELECT run FROM below UNION \
               SELECT parent FROM @workflow WHERE run=ANY($1) AND parent IS NOT NULL)",
            &[&runs, &small(ParentClose::Terminate as u8)],
            |row| {
                let mut row = Columns::of(row);
                Ok((row.next::<i64>()?, row.next::<Option<i64>>()?))
            },
        )
        .await?;
    let lines = family.iter().filter_map(|(_, line)| *line).collect();
    line::take(tx, &lines).await?;
    let family: Vec<_> = family.into_iter().map(|(run, _)| run).collect();
    let sql = "SELECT 1 FROM @workflow WHERE run=ANY($1) ORDER BY run FOR NO KEY UPDATE";
    tx.execute(sql, &[&family]).await?;
    Ok(())
}

/// Tells the parent how a child ended, if it wants to know and still runs.
pub(super) async fn report(tx: &Tx, parent: Parent, end: &ChildEnd, at: Timestamp) -> Outcome<()> {
    let sql = "SELECT 1 FROM @workflow WHERE run=$1 AND phase=0 FOR NO KEY UPDATE";
    if parent.reports && tx.any(sql, &[&parent.run.0]).await? {
        inbox::put(tx, parent.run, &parent.report(end, at)).await?;
    }
    Ok(())
}

/// Tells the children of a run that has ended, each by its policy. Those that are to be terminated
/// and that nobody owns end here, and then their children.
pub(super) async fn close(tx: &Tx, ended: RunId, at: Timestamp) -> Outcome<()> {
    // A list and no recursion: there may be many generations.
    let mut ended = vec![ended];
    while let Some(parent) = ended.pop() {
        for (child, close, owned) in running(tx, parent).await? {
            match close {
                ParentClose::Terminate if !owned => {
                    terminate(tx, child, Some(PARENT_ENDED), at).await?;
                    ended.push(child);
                }
                close => {
                    if let Some(message) = close.message(at) {
                        inbox::put(tx, child, &message).await?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// The children of a run that have not ended, whose rows this takes: number, policy, and whether
/// somebody owns it. All that began before are found: the row of the parent was taken before, and
/// whoever begins another one waits for that.
async fn running(tx: &Tx, parent: RunId) -> Outcome<Vec<(RunId, ParentClose, bool)>> {
    let sql = "SELECT run, parent_close, owner IS NOT NULL FROM @workflow \
        WHERE parent=$1 AND phase=0 ORDER BY run FOR NO KEY UPDATE";
    tx.all(sql, &[&parent.0], |row| {
        let mut row = Columns::of(row);
        Ok((RunId(row.next()?), rows::close(row.next()?)?, row.next()?))
    })
    .await
}

/// Tells a child that has just been started if its parent has ended meanwhile.
pub(super) async fn orphan(tx: &Tx, new: &NewRun) -> Outcome<()> {
    orphans(tx, None, &[new]).await
}

/// The same for several, which `owner` has started, if somebody owns them.
pub(super) async fn orphans(
    tx: &Tx,
    owner: Option<Incarnation>,
    children: &[&NewRun],
) -> Outcome<()> {
    let told: Vec<(RunId, RunId, NewMessage)> = children
        .iter()
        .filter_map(|new| {
            let parent = new.parent?;
            Some((parent.run, new.run, parent.close.message(new.created_at)?))
        })
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let parents: BTreeSet<_> = told.iter().map(|(parent, ..)| parent.0).collect();
    let parents: Vec<_> = parents.into_iter().collect();
    // Who ends a parent looks for children once it has its row; nobody else ends one of the owner's.
    let sql = "SELECT 1 FROM @workflow WHERE run=ANY($1) AND phase=0 \
        AND NOT coalesce(owner=$2,false) ORDER BY run FOR SHARE";
    let owner = owner.map(|owner| owner.0);
    tx.execute(sql, &[&parents, &owner]).await?;
    let sql = "SELECT run FROM @workflow WHERE run=ANY($1) AND phase=0";
    let running = tx
        .all(sql, &[&parents], |row| Ok(RunId(Columns::of(row).next()?)))
        .await?;
    for (parent, child, message) in &told {
        if !running.contains(parent) {
            inbox::put(tx, *child, message).await?;
        }
    }
    Ok(())
}

/// Ends a run without its code, whose row this transaction has taken, and tells its parent. Its
/// children are left. Answers who has owned it, and does not know of this yet.
pub(super) async fn terminate(
    tx: &Tx,
    run: RunId,
    reason: Option<&str>,
    at: Timestamp,
) -> Outcome<Option<Incarnation>> {
    let ended = tx
        .first(
            "UPDATE @workflow SET phase=$2, error=$3, finished_at=$4, owner=NULL, evicted=owner, \
             seq=CASE WHEN owner IS NULL THEN seq \
               ELSE (SELECT coalesce(max(seq),0) FROM @step WHERE run=$1) END \
             WHERE run=$1 AND phase=0 \
             RETURNING parent, parent_op, parent_close, reports, evicted, schedule IS NOT NULL, id, \
             queue, ckey",
            &[
                &run.0,
                &small(Phase::Terminated as u8),
                &reason.map(Text::from),
                &at.0,
            ],
            |row| {
                let mut row = Columns::of(row);
                let (parent, evicted) = (rows::parent(&mut row)?, row.next::<Option<i64>>()?);
                let (scheduled, id) = (row.next::<bool>()?, rows::id(&mut row)?);
                let place: (i64, Option<String>) = (row.next()?, row.next()?);
                Ok((parent, evicted, scheduled, id, place))
            },
        )
        .await?;
    let Some((parent, evicted, scheduled, id, (queue, key))) = ended else {
        return Err(bug(format!("run {run} changed within a transaction")).into());
    };
    tx.execute("DELETE FROM @ready WHERE run=$1", &[&run.0])
        .await?;
    // Its owner would say which to keep. The latest has what it has published, and what people look at.
    tx.execute(
        "UPDATE @step SET frame=NULL WHERE run=$1 AND frame IS NOT NULL \
         AND seq<(SELECT max(seq) FROM @step WHERE run=$1)",
        &[&run.0],
    )
    .await?;
    if let Some(key) = key {
        line::freed(tx, queue, &key).await?;
    }
    tx.news().noteworthy();
    inbox::drop_unread(tx, &[run.0]).await?;
    notes::drop_all(tx, &[run.0]).await?;
    tasks::drop_all(tx, &[run.0]).await?;
    if scheduled {
        schedules::told(tx, run, at).await?;
    }
    if let Some(parent) = parent {
        let end = ChildEnd {
            phase: Phase::Terminated,
            output: None,
            error: reason.map(str::to_owned),
            child: Some((run, id)),
        };
        report(tx, parent, &end, at).await?;
    }
    Ok(evicted.map(Incarnation))
}
