//! Ends: owners end their runs, and whoever may go on then hears of it.

use super::error::{Outcome, bug};
use super::rows::{self, small};
use super::session::Columns;
use super::text::Text;
use super::transact::Tx;
use super::{children, inbox, line, notes, schedules, tasks};
use crate::id::{Incarnation, RunId, WorkflowId};
use crate::store::{ChildEnd, End, MessageKind, Parent, Phase};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Row;

/// What there was of a run that has ended, so that what was not need not be looked for.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are facts and no states"
)]
pub(super) struct Ended {
    pub(super) id: WorkflowId,
    parent: Option<Parent>,
    scheduled: bool,
    queue: i64,
    key: Option<String>,
    /// Others may wait for its place.
    placed: bool,
    notes: bool,
    tasks: bool,
    unread: bool,
    children: bool,
    /// Another run goes on in its place.
    pub(super) followed: bool,
}

/// Ends runs that `owner` owns, each of which is in here once; answers which.
pub(super) async fn end(
    tx: &Tx,
    owner: Incarnation,
    ends: &[&End],
) -> Outcome<BTreeMap<RunId, Ended>> {
    if let Some(end) = ends.iter().find(|end| end.phase == Phase::Running) {
        return Err(bug(format!("run {} cannot end as running", end.run)).into());
    }
    let runs: Vec<_> = ends.iter().map(|end| end.run.0).collect();
    // What somebody else has told them before is seen then, and nothing is told after.
    children::take(tx, &runs).await?;
    let stopped = are_to_stop(tx, ends).await?;
    let ended = update(tx, owner, ends, &runs, &stopped).await?;
    let ends = || {
        let ends = ends.iter().copied();
        ends.filter_map(|end| Some((end, ended.get(&end.run)?)))
    };
    let those = |of: fn(&End, &Ended) -> bool| -> Vec<i64> {
        let those = ends().filter(|(end, ended)| of(end, ended));
        those.map(|(end, _)| end.run.0).collect()
    };
    let frames = those(|end, _| !end.keep_frames);
    if !frames.is_empty() {
        let sql = "UPDATE @step SET frame=NULL WHERE run=ANY($1) AND frame IS NOT NULL";
        tx.execute(sql, &[&frames]).await?;
    }
    notes::drop_all(tx, &those(|_, ended| ended.notes)).await?;
    tasks::drop_all(tx, &those(|_, ended| ended.tasks)).await?;
    let unread = those(|_, ended| ended.unread && !ended.followed);
    inbox::drop_unread(tx, &unread).await?;
    for (end, ended) in ends().filter(|(_, ended)| !ended.followed) {
        if let Some(key) = &ended.key {
            line::freed(tx, ended.queue, key).await?;
        }
        if let Some(parent) = ended.parent {
            let report = ChildEnd {
                phase: end.phase,
                output: end.output.clone(),
                error: end.error.clone(),
                child: Some((end.run, ended.id.clone())),
            };
            children::report(tx, parent, &report, end.at).await?;
        }
    }
    for (end, _) in ends().filter(|(_, ended)| ended.children) {
        children::close(tx, end.run, end.at).await?;
    }
    for (end, ended) in ends() {
        if ended.scheduled && !ended.followed {
            schedules::told(tx, end.run, end.at).await?;
        }
        if ended.placed || ended.scheduled || ended.followed {
            tx.news().noteworthy();
        } else {
            tx.news().by(owner);
        }
    }
    Ok(ended)
}

/// Those of the runs that are to be tried again which were asked to stop, and have not read that.
async fn are_to_stop(tx: &Tx, ends: &[&End]) -> Outcome<BTreeSet<RunId>> {
    let tried = ends.iter().filter(|end| end.followed);
    let tried: Vec<_> = tried.map(|end| end.run.0).collect();
    if tried.is_empty() {
        return Ok(BTreeSet::new());
    }
    let stop = [MessageKind::Cancel, MessageKind::Terminate].map(|kind| small(kind as u8));
    let sql = "SELECT DISTINCT run FROM @inbox \
               WHERE run=ANY($1) AND used_seq IS NULL AND kind=ANY($2)";
    let run = |row: &Row| Ok(RunId(Columns::of(row).next()?));
    let found = tx.all(sql, &[&tried, &&stop[..]], run).await?;
    Ok(found.into_iter().collect())
}

/// The rows of the runs, which were taken before: what is looked for beside them is the latest.
async fn update(
    tx: &Tx,
    owner: Incarnation,
    ends: &[&End],
    runs: &[i64],
    stopped: &BTreeSet<RunId>,
) -> Outcome<BTreeMap<RunId, Ended>> {
    let ends = || ends.iter();
    let followed = |end: &End| end.is_followed(|| stopped.contains(&end.run));
    let ended = tx
        .all(
            "UPDATE @workflow w SET phase=t.phase, output=t.output, error=t.error, owner=NULL, \
             seq=t.seq, finished_at=t.at, current=NOT t.followed, published=t.published \
             FROM unnest($2::bigint[],$3::smallint[],$4::bytea[],$5::text[],$6::bigint[],\
             $7::bigint[],$8::boolean[],$9::bytea[]) \
             AS t(run,phase,output,error,seq,at,followed,published) \
             WHERE w.run=t.run AND w.owner=$1 AND w.phase=0 \
             RETURNING w.run, w.id, w.parent, w.parent_op, w.parent_close, w.reports, \
             w.schedule IS NOT NULL, w.queue, w.ckey, w.placed IS NOT NULL OR w.ckey IS NOT NULL, \
             EXISTS(SELECT 1 FROM @note n WHERE n.run=w.run), \
             EXISTS(SELECT 1 FROM @task k WHERE k.run=w.run), \
             EXISTS(SELECT 1 FROM @inbox i WHERE i.run=w.run AND i.used_seq IS NULL), \
             EXISTS(SELECT 1 FROM @workflow c WHERE c.parent=w.run AND c.phase=0), t.followed",
            &[
                &owner.0,
                &runs,
                &ends().map(|end| small(end.phase as u8)).collect::<Vec<_>>(),
                &ends().map(|end| end.output.as_deref()).collect::<Vec<_>>(),
                &ends()
                    .map(|end| end.error.as_deref().map(Text::from))
                    .collect::<Vec<_>>(),
                &ends().map(|end| end.seq).collect::<Vec<_>>(),
                &ends().map(|end| end.at.0).collect::<Vec<_>>(),
                &ends().map(|end| followed(end)).collect::<Vec<_>>(),
                &ends()
                    .map(|end| end.published.as_deref())
                    .collect::<Vec<_>>(),
            ],
            read,
        )
        .await?;
    Ok(ended.into_iter().collect())
}

fn read(row: &Row) -> Outcome<(RunId, Ended)> {
    let mut row = Columns::of(row);
    let run = RunId(row.next()?);
    let ended = Ended {
        id: rows::id(&mut row)?,
        parent: rows::parent(&mut row)?,
        scheduled: row.next()?,
        queue: row.next()?,
        key: row.next()?,
        placed: row.next()?,
        notes: row.next()?,
        tasks: row.next()?,
        unread: row.next()?,
        children: row.next()?,
        followed: row.next()?,
    };
    Ok((run, ended))
}
