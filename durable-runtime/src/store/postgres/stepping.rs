//! Steps: appended, with what each has consumed, answered and settled.

use super::error::{Outcome, bug};
use super::rows::{small, tried};
use super::session::{Columns, number};
use super::text::Key;
use super::transact::Tx;
use super::{notes, tags, tasks};
use crate::id::{Incarnation, RunId};
use crate::store::{AttemptOf, FenceError, NewStep, Reply};
use std::collections::{BTreeMap, BTreeSet};

/// Appends steps of runs that `owner` owns, and answers which: by run and number.
pub(super) async fn append(
    tx: &Tx,
    owner: Incarnation,
    steps: &[&NewStep],
) -> Outcome<BTreeSet<(RunId, i64)>> {
    let appended = insert(tx, owner, steps).await?;
    let applied = steps.iter().copied();
    let applied: Vec<_> = applied
        .filter(|step| appended.contains(&(step.run, step.seq)))
        .collect();
    consume(tx, &applied).await?;
    for step in &applied {
        tags::change(tx, step.run, &step.tags).await?;
    }
    reply(tx, owner, &applied).await?;
    settle(tx, &applied).await?;
    Ok(appended)
}

/// That the owner owns a run cannot change under its fence but by its own batch: nothing is locked.
async fn insert(
    tx: &Tx,
    owner: Incarnation,
    steps: &[&NewStep],
) -> Outcome<BTreeSet<(RunId, i64)>> {
    let mut labels = Vec::with_capacity(steps.len());
    for step in steps {
        labels.push(tx.name(&step.label)?);
    }
    let steps = || steps.iter();
    let inserted = tx
        .all(
            "INSERT INTO @step(run,seq,label,at,result,frame) \
         SELECT t.run,t.seq,t.label,t.at,t.result,t.frame FROM unnest($2::bigint[],$3::bigint[],\
         $4::bigint[],$5::bigint[],$6::bytea[],$7::bytea[]) AS t(run,seq,label,at,result,frame) \
         JOIN @workflow w ON w.run=t.run AND w.owner=$1 ORDER BY t.run, t.seq RETURNING run, seq",
            &[
                &owner.0,
                &steps().map(|step| step.run.0).collect::<Vec<_>>(),
                &steps().map(|step| step.seq).collect::<Vec<_>>(),
                &labels,
                &steps().map(|step| step.at.0).collect::<Vec<_>>(),
                &steps()
                    .map(|step| step.result.as_deref())
                    .collect::<Vec<_>>(),
                &steps()
                    .map(|step| step.frame.as_deref())
                    .collect::<Vec<_>>(),
            ],
            |row| {
                let mut row = Columns::of(row);
                Ok((RunId(row.next()?), row.next()?))
            },
        )
        .await;
    let inserted = inserted.map_err(|fault| {
        fault.of_key("step_pkey", |said| {
            bug(format!("a run has this step already: {said}")).into()
        })
    })?;
    Ok(inserted.into_iter().collect())
}

async fn consume(tx: &Tx, steps: &[&NewStep]) -> Outcome<()> {
    let (mut runs, mut ords, mut seqs) = (Vec::new(), Vec::new(), Vec::new());
    for step in steps {
        for ord in &step.consumed {
            runs.push(step.run.0);
            ords.push(*ord);
            seqs.push(step.seq);
        }
    }
    if runs.is_empty() {
        return Ok(());
    }
    let consumed = tx.execute(
        "UPDATE @inbox i SET used_seq=t.seq FROM unnest($1::bigint[],$2::bigint[],$3::bigint[]) \
         AS t(run,ord,seq) WHERE i.run=t.run AND i.ord=t.ord AND i.used_seq IS NULL",
        &[&runs, &ords, &seqs],
    ).await?;
    if consumed != number(runs.len()).unsigned_abs() {
        // The worker has read a message that is not there: a restored backup.
        return Err(FenceError::HistoryLost.into());
    }
    Ok(())
}

/// Of several replies to one message the first that is final stands, or else the last.
async fn reply(tx: &Tx, owner: Incarnation, steps: &[&NewStep]) -> Outcome<()> {
    let mut replies = BTreeMap::<(RunId, &str), (i64, &Reply)>::new();
    for step in steps {
        for reply in &step.replies {
            let of = (step.run, reply.msg.as_str());
            let before = replies.get(&of);
            if !before.is_some_and(|(_, before)| before.stage.is_final()) {
                replies.insert(of, (step.seq, reply));
            }
        }
    }
    if replies.is_empty() {
        return Ok(());
    }
    let of = || replies.keys();
    let said = || replies.values();
    tx.execute(
        "UPDATE @inbox i SET stage=t.stage, reply=t.reply FROM unnest($1::bigint[],$2::text[],\
         $3::bigint[],$4::smallint[],$5::bytea[]) AS t(run,msg,seq,stage,reply) \
         WHERE i.run=t.run AND i.msg=t.msg AND i.used_seq<=t.seq AND coalesce(i.stage,1)=1",
        &[
            &of().map(|(run, _)| run.0).collect::<Vec<_>>(),
            &of().map(|(_, msg)| Key::new(msg)).collect::<Vec<_>>(),
            &said().map(|(seq, _)| *seq).collect::<Vec<_>>(),
            &said()
                .map(|(_, reply)| small(reply.stage as u8))
                .collect::<Vec<_>>(),
            &said().map(|(_, reply)| &*reply.payload).collect::<Vec<_>>(),
        ],
    )
    .await?;
    tx.news().by(owner);
    Ok(())
}

async fn settle(tx: &Tx, steps: &[&NewStep]) -> Outcome<()> {
    let (mut runs, mut kinds, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
    let mut operations = Vec::new();
    for step in steps {
        for of in &step.settled {
            let (kind, number) = tried(*of);
            runs.push(step.run.0);
            kinds.push(kind);
            numbers.push(number);
            if let AttemptOf::Activity { .. } = of {
                operations.push((step.run, number));
            }
        }
    }
    if runs.is_empty() {
        return Ok(());
    }
    tx.execute(
        "UPDATE @attempt a SET settled=true FROM unnest($1::bigint[],$2::smallint[],$3::bigint[]) \
         AS t(run,kind,number) WHERE a.run=t.run AND a.kind=t.kind AND a.number=t.number \
         AND NOT a.settled",
        &[&runs, &kinds, &numbers],
    )
    .await?;
    notes::settle(tx, &operations).await?;
    tasks::settle(tx, &operations).await
}
