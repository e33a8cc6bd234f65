//! The hub's errands: each is a task of its own that comes back with an event.

use super::life::Life;
use crate::id::{Incarnation, RunId, Timestamp};
use crate::metrics;
use crate::registry::WorkflowDef;
use crate::store::{Claim, ClaimedRun, Expiry, Kinds, Message, StoreError};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What a look for due work found.
#[derive(Debug)]
pub(super) enum Found {
    /// These are ours now; there may be more.
    Runs(Vec<ClaimedRun>),
    /// Nothing is due before then.
    NothingBefore(Option<Timestamp>),
}

/// Looks for work that is due and claims up to `limit` of it.
pub(super) async fn look(life: Arc<Life>, points: Arc<Vec<String>>, limit: usize) -> Found {
    let (queue, now) = (life.options.queue.clone(), life.clock.now());
    let unfit = life.misfits.not_to_claim();
    // A claim is a commit, a look is not.
    let next = life.store.next_due(&queue, &points, &unfit, now);
    let due = match life.guard.keep("look for work", next, Ok(None)).await {
        Ok(next) => next,
        Err(error) => {
            tracing::warn!(%error, "cannot look for work");
            return Found::NothingBefore(None);
        }
    };
    let Some(due) = due.filter(|at| *at <= now) else {
        return Found::NothingBefore(due);
    };
    let claim = Claim {
        queue,
        points: points.to_vec(),
        unfit,
        now,
        limit,
    };
    match life.committer.claim(claim).await {
        // Somebody else was faster; the next poll shows what remains.
        None => Found::NothingBefore(None),
        Some(runs) if runs.is_empty() => Found::NothingBefore(None),
        Some(runs) => {
            life.meters.claimed(runs.len(), due);
            Found::Runs(runs)
        }
    }
}

/// Declares workers dead whose lease has ended and takes over up to `limit` of their runs.
pub(super) async fn sweep(life: Arc<Life>, limit: usize) -> Vec<ClaimedRun> {
    let dead = life
        .guard
        .keep("look for dead workers", dead(&life), Ok(Vec::new()));
    let dead = match dead.await {
        Ok(dead) => dead,
        Err(error) => {
            tracing::warn!(%error, "cannot look for dead workers");
            return Vec::new();
        }
    };
    let mut taken = Vec::new();
    for worker in dead {
        let left = limit - taken.len();
        if worker == life.worker || left == 0 {
            continue;
        }
        let runs = life
            .committer
            .take_over(worker, left)
            .await
            .unwrap_or_default();
        if !runs.is_empty() {
            tracing::info!(from = %worker, runs = runs.len(), "took over from a dead worker");
        }
        taken.extend(runs);
    }
    life.meters.taken_over(taken.len());
    taken
}

/// How many waiting runs are counted at most: more say the same.
const DEPTH_MAX: usize = 10_000;

/// The workers that are dead; before that, what else is to be looked at once in a while.
async fn dead(life: &Life) -> Result<Vec<Incarnation>, StoreError> {
    match life.store.has_line(&life.options.queue).await {
        Ok(line) => life.line.store(line, Ordering::Release),
        Err(error) => tracing::warn!(%error, "cannot look for the line of a queue"),
    }
    sample(life).await;
    life.store.mark_dead(life.clock.now()).await
}

/// Measures what does not change by what this worker does.
async fn sample(life: &Life) {
    if !metrics::ON {
        return;
    }
    let (queue, now) = (&life.options.queue, life.clock.now());
    match life.store.depth(queue, now, DEPTH_MAX).await {
        Ok(depth) => life.meters.depth(depth),
        Err(error) => tracing::warn!(%error, "cannot count what waits in a queue"),
    }
    match life.store.task_depth(queue, DEPTH_MAX).await {
        Ok((waiting, running)) => life.meters.activities_on_queue(waiting, running),
        Err(error) => tracing::warn!(%error, "cannot count the activities on a queue"),
    }
}

/// Makes runs claimable again that were blocked elsewhere, by a version of the code that could not
/// load what this one has written. Whether there were any.
pub(super) async fn unblock(life: Arc<Life>) -> bool {
    let fit = async {
        let points = life.misfits.to_unblock(&life.registry);
        life.store.unblock(&points, life.clock.now()).await
    };
    match life
        .guard
        .keep("look for blocked workflows", fit, Ok(0))
        .await
    {
        Ok(0) => false,
        Ok(count) => {
            tracing::info!(count, "workflows that were blocked elsewhere fit here");
            true
        }
        Err(error) => {
            tracing::warn!(%error, "cannot look for blocked workflows");
            false
        }
    }
}

/// How many runs are deleted in one transaction: others write between two of them.
const EXPIRE_BATCH: usize = 100;

/// Deletes what ended so long ago that it is not kept any more.
pub(super) async fn expire(life: Arc<Life>) {
    life.guard
        .keep("delete what is not kept", expire_all(&life), ())
        .await;
}

async fn expire_all(life: &Life) {
    let own = |def: &'static WorkflowDef| Some((def.name, (def.options)().retention?));
    let own: Vec<_> = life.registry.workflows().filter_map(own).collect();
    let all = own
        .iter()
        .map(|(name, kept)| (Kinds::Only((*name).to_owned()), *kept));
    let names = || own.iter().map(|(name, _)| (*name).to_owned()).collect();
    let others = life
        .options
        .retention
        .map(|kept| (Kinds::AllBut(names()), kept));
    for (of, kept) in all.chain(others) {
        let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        let expiry = Expiry {
            before: Timestamp(life.clock.now().0.saturating_sub(kept)),
            of,
            limit: EXPIRE_BATCH,
        };
        loop {
            match life.store.expire(&expiry).await {
                Ok(count) if count < expiry.limit => break,
                Ok(_) => tokio::task::yield_now().await,
                Err(error) => {
                    tracing::warn!(%error, "cannot delete what is not kept any more");
                    return;
                }
            }
        }
    }
}

/// The unread messages of all runs of this worker that are not known, each with its wake counter.
pub(super) async fn mail(
    life: Arc<Life>,
    known: Vec<(RunId, i64)>,
) -> Vec<(RunId, i64, Vec<Message>)> {
    let mail = life.store.mail(life.worker, &known);
    let mail = life.guard.keep("look for messages", mail, Ok(Vec::new()));
    mail.await.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot look for messages");
        Vec::new()
    })
}
