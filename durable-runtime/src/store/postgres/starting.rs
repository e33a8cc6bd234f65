//! Starts: new rows of `workflow`, and of `ready` for those that nobody owns yet.

use super::error::{Outcome, again, bug};
use super::line::{self, Gate};
use super::rows::{encoded, small};
use super::session::{Columns, number};
use super::transact::Tx;
use super::{ids, rows, tags};
use crate::id::{RunId, WorkflowId};
use crate::store::{NewRun, Written};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A run that begins, and what is taken over from one that it goes on for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub(super) new: &'a NewRun,
    /// The wake counter of that run; 0 for others.
    pub(super) wakes: i64,
    /// It does not wait in line.
    pub(super) goes_on: bool,
}

/// All names that a start writes.
pub(super) fn names(new: &NewRun) -> impl Iterator<Item = Cow<'_, str>> {
    let waits = new.owner.is_none().then(|| Cow::Owned(beginning(new)));
    let own = [&new.workflow, &new.queue].into_iter();
    let own = own.chain(new.tags.attributes.keys());
    own.map(|name| Cow::Borrowed(name.as_str())).chain(waits)
}

/// The suspend point at which a run begins. It is a name too.
fn beginning(new: &NewRun) -> String {
    format!("{}/", new.workflow)
}

/// Inserts runs and, of those without an owner, their places in the queue; answers in their order
/// what became of them. Two of one id, or of one number, may be among them: the first counts.
pub(super) async fn insert(tx: &Tx, starts: &[Start<'_>]) -> Outcome<Vec<Written>> {
    take_lines(tx, starts).await?;
    let (mut ids, mut runs) = (BTreeSet::new(), BTreeSet::new());
    let mut written = BTreeMap::new();
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for (at, Start { new, .. }) in starts.iter().enumerate() {
        let is_first = ids.insert(&new.id) & runs.insert(new.run);
        (if is_first { &mut first } else { &mut later }).push(at);
    }
    for some in std::iter::once(first).chain(later.into_iter().map(|at| vec![at])) {
        let these: Vec<_> = some.iter().map(|at| starts[*at]).collect();
        written.extend(some.into_iter().zip(insert_apart(tx, &these).await?));
    }
    Ok(written.into_values().collect())
}

/// The same for those that have neither an id nor a number in common.
async fn insert_apart(tx: &Tx, starts: &[Start<'_>]) -> Outcome<Vec<Written>> {
    let mut inserted = insert_rows(tx, starts).await?;
    let mut written = Vec::with_capacity(starts.len());
    for start in starts {
        written.push(if inserted.remove(&(start.new.run, start.new.id.clone())) {
            Written::Started
        } else {
            taken(tx, start).await?
        });
    }
    let begun = || {
        let all = starts.iter().zip(&written);
        all.filter(|(_, written)| **written == Written::Started)
            .map(|(start, _)| start)
    };
    tags::insert(tx, begun().map(|start| (start.new.run, &start.new.tags))).await?;
    let waiting: Vec<_> = begun().filter(|start| start.new.owner.is_none()).collect();
    if !waiting.is_empty() {
        wait(tx, &waiting).await?;
        tx.news().noteworthy();
    }
    Ok(written)
}

/// Why a start was not inserted, or takes the id that it needs.
async fn taken(tx: &Tx, start: &Start<'_>) -> Outcome<Written> {
    let new = start.new;
    let is_taken = ids::is_taken(tx, new.run).await?;
    let Some(current) = rows::current(tx, &new.id).await? else {
        if !is_taken {
            return Err(again(format!("{} has just become free", new.id)));
        }
        return Ok(Written::RunTaken);
    };
    if !new.takes_id_from(&current) {
        return Ok(Written::Exists(Box::new(current)));
    }
    if is_taken {
        return Ok(Written::RunTaken);
    }
    ids::free(tx, &current, new.created_at).await?;
    if insert_rows(tx, &[*start]).await?.is_empty() {
        return Err(again(format!("{} was taken meanwhile", new.id)));
    }
    Ok(Written::Started)
}

/// Those whose ids and numbers were free. In the order of their numbers, so that two
/// transactions that insert the same ones wait for each other, and not in a circle.
async fn insert_rows(tx: &Tx, starts: &[Start<'_>]) -> Outcome<BTreeSet<(RunId, WorkflowId)>> {
    let all = || starts.iter().map(|start| start.new);
    let mut kinds = Vec::with_capacity(starts.len());
    let mut queues = Vec::with_capacity(starts.len());
    for new in all() {
        kinds.push(tx.name(&new.workflow)?);
        queues.push(tx.name(&new.queue)?);
    }
    let parents = || all().map(|new| new.parent);
    let scheduled = || all().map(|new| new.scheduled.as_ref());
    let sql = "INSERT INTO @workflow(run,id,kind,queue,owner,wakes,claim_seq,created_at,input,parent,\
         parent_op,parent_close,reports,terms,schedule,schedule_at,last_result,tags,lane,queueing) \
         SELECT run,id,kind,queue,owner,wakes,CASE WHEN owner IS NULL THEN -1 ELSE 0 END,created_at,\
         input,parent,parent_op,parent_close,reports,terms,schedule,schedule_at,last_result,tags,lane,\
         queueing FROM unnest($1::bigint[],$2::text[],$3::bigint[],$4::bigint[],$5::bigint[],\
         $6::bigint[],$7::bigint[],$8::bytea[],$9::bigint[],$10::bigint[],$11::smallint[],\
         $12::boolean[],$13::bytea[],$14::text[],$15::bigint[],$16::bytea[],$17::bytea[],\
         $18::smallint[],$19::bytea[]) WITH ORDINALITY AS t(run,id,kind,queue,owner,wakes,created_at,\
         input,parent,parent_op,parent_close,reports,terms,schedule,schedule_at,last_result,tags,lane,\
         queueing,n) ORDER BY run,n ON CONFLICT DO NOTHING RETURNING run, id";
    let inserted = tx
        .all(
            sql,
            &[
                &all().map(|new| new.run.0).collect::<Vec<_>>(),
                &all().map(|new| new.id.as_str()).collect::<Vec<_>>(),
                &kinds,
                &queues,
                &all()
                    .map(|new| new.owner.map(|owner| owner.0))
                    .collect::<Vec<_>>(),
                &starts.iter().map(|start| start.wakes).collect::<Vec<_>>(),
                &all().map(|new| new.created_at.0).collect::<Vec<_>>(),
                &all().map(|new| &*new.input).collect::<Vec<_>>(),
                &parents()
                    .map(|by| by.map(|by| by.run.0))
                    .collect::<Vec<_>>(),
                &parents()
                    .map(|by| by.map(|by| by.op.cast_signed()))
                    .collect::<Vec<_>>(),
                &parents()
                    .map(|by| by.map(|by| small(by.close as u8)))
                    .collect::<Vec<_>>(),
                &parents()
                    .map(|by| by.map(|by| by.reports))
                    .collect::<Vec<_>>(),
                &all().map(|new| encoded(&new.terms)).collect::<Vec<_>>(),
                &scheduled()
                    .map(|by| by.map(|by| by.schedule.as_str()))
                    .collect::<Vec<_>>(),
                &scheduled()
                    .map(|by| by.map(|by| by.at.0))
                    .collect::<Vec<_>>(),
                &scheduled()
                    .map(|by| by?.last_result.as_deref())
                    .collect::<Vec<_>>(),
                &all().map(|new| encoded(&new.tags)).collect::<Vec<_>>(),
                &all()
                    .map(|new| rows::lane(new.queueing.lane()))
                    .collect::<Result<Vec<_>, _>>()?,
                &all().map(|new| encoded(&new.queueing)).collect::<Vec<_>>(),
            ],
            |row| {
                let mut row = Columns::of(row);
                Ok((RunId(row.next()?), rows::id(&mut row)?))
            },
        )
        .await?;
    Ok(inserted.into_iter().collect())
}

/// Takes the lines that these starts may join: they come before the runs.
async fn take_lines(tx: &Tx, starts: &[Start<'_>]) -> Outcome<()> {
    let mut queues = BTreeSet::new();
    for Start { new, goes_on, .. } in starts.iter().copied() {
        if new.owner.is_none() && !goes_on {
            queues.insert(tx.name(&new.queue)?);
        }
    }
    line::take(tx, &queues).await?;
    Ok(())
}

/// Gives starts that nobody owns their places in the queue.
async fn wait(tx: &Tx, waiting: &[&Start<'_>]) -> Outcome<()> {
    let (mut asked, mut queues) = (BTreeSet::new(), BTreeSet::new());
    for Start { new, goes_on, .. } in waiting.iter().copied() {
        if !goes_on {
            queues.insert(tx.name(&new.queue)?);
            if new.queueing.asks_for_a_line() {
                asked.insert(tx.name(&new.queue)?);
            }
        }
    }
    line::begin(tx, &asked).await?;
    let lines = line::take_all(tx, &queues).await?;
    let straight = |start: &&Start<'_>| {
        Ok::<_, super::error::Fault>(start.goes_on || !lines.contains(&tx.name(&start.new.queue)?))
    };
    let (mut open, mut in_line) = (Vec::new(), Vec::new());
    for start in waiting.iter().copied() {
        if straight(&start)? {
            open.push((start.new, Gate::default()));
        } else {
            in_line.push(start.new);
        }
    }
    insert_ready(tx, &open).await?;
    // One after the other: each stands behind those before it.
    for new in in_line {
        let gate = line::gate(tx, tx.name(&new.queue)?, new).await?;
        if let Some(key) = &gate.key {
            let sql = "UPDATE @workflow SET ckey=$2 WHERE run=$1";
            tx.execute(sql, &[&new.run.0, key]).await?;
        }
        insert_ready(tx, &[(new, gate)]).await?;
    }
    Ok(())
}

async fn insert_ready(tx: &Tx, waiting: &[(&NewRun, Gate<'_>)]) -> Outcome<()> {
    if waiting.is_empty() {
        return Ok(());
    }
    let (mut queues, mut points, mut lanes) = (Vec::new(), Vec::new(), Vec::new());
    for (new, _) in waiting {
        queues.push(tx.name(&new.queue)?);
        points.push(tx.name(&beginning(new))?);
        lanes.push(rows::lane(new.queueing.lane())?);
    }
    let all = || waiting.iter().map(|(new, _)| new);
    let gates = || waiting.iter().map(|(_, gate)| gate);
    let added = tx
        .execute(
            "INSERT INTO @ready(run,queue,lane,due_at,point,gate,tag,ckey,fkey) \
             SELECT * FROM unnest($1::bigint[],$2::bigint[],$3::smallint[],$4::bigint[],\
             $5::bigint[],$6::smallint[],$7::bigint[],$8::text[],$9::text[])",
            &[
                &all().map(|new| new.run.0).collect::<Vec<_>>(),
                &queues,
                &lanes,
                &all().map(|new| new.due_at.0).collect::<Vec<_>>(),
                &points,
                &gates().map(|gate| gate.kind).collect::<Vec<_>>(),
                &gates().map(|gate| gate.tag).collect::<Vec<_>>(),
                &gates().map(|gate| gate.key.as_ref()).collect::<Vec<_>>(),
                &gates().map(|gate| gate.fair.as_ref()).collect::<Vec<_>>(),
            ],
        )
        .await?;
    match added {
        all if number(waiting.len()).unsigned_abs() == all => Ok(()),
        some => Err(bug(format!("{some} of {} starts wait", waiting.len())).into()),
    }
}
