//! What is true of all that a store has, once everything has come to its end, whatever happened
//! before: read as a client reads it, and of SQLite the tables too.

use crate::support::{Bench, elsewhere};
use durable_runtime::codec;
use durable_runtime::id::WorkflowId;
use durable_runtime::operation::Answered;
use durable_runtime::store::{
    MessageKind, Page, ParentClose, Phase, RunFilter, RunRecord, RunState,
};
use std::collections::BTreeSet;
use std::path::Path;

/// All runs, newest first.
pub(super) async fn all_runs(bench: &Bench) -> Vec<RunRecord> {
    let page = Page {
        before: None,
        limit: 1_000,
    };
    let listing = bench.store.list(RunFilter::default(), page).await.unwrap();
    assert_eq!(listing.next, None);
    listing.runs
}

/// Checks all runs, and what they have left behind. `again`: how often an id was started again.
pub(super) async fn audit(bench: &Bench, again: usize, at: &str) {
    let runs = all_runs(bench).await;
    for run in &runs {
        has_ended(bench, run, at).await;
        counts_once(bench, run, at).await;
        belongs(run, &runs, at);
    }
    let mut last = BTreeSet::new();
    for run in &runs {
        let leads_to = bench.store.follow(run.run).await.unwrap();
        last.insert(leads_to.expect("it is there").run);
    }
    let ids: BTreeSet<_> = runs.iter().map(|run| &run.id).collect();
    let once = ids.len() + again;
    assert_eq!(last.len(), once, "S2: one run for each start, {at}");
    for id in ids {
        one_at_a_time(&runs, id, at);
    }
    let tasks = bench.store.task_queues().await;
    assert_eq!(tasks, Ok(vec![]), "X1: no task is left, {at}");
    for worker in bench.store.workers().await.unwrap() {
        assert_eq!(worker.owned, 0, "W1: nobody owns what has ended, {at}");
    }
    keeps_its_times(bench, &runs, at).await;
}

/// A run of an id begins when the one before has ended.
fn one_at_a_time(runs: &[RunRecord], id: &WorkflowId, at: &str) {
    let its = runs.iter().filter(|run| run.id == *id);
    let mut spans: Vec<_> = its.map(|run| (run.created_at, run.finished_at)).collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        assert!(pair[0].1 <= Some(pair[1].0), "S2: {id} runs twice, {at}");
    }
}

/// A run has one end, and keeps nothing that waits.
async fn has_ended(bench: &Bench, run: &RunRecord, at: &str) {
    let id = &run.id;
    assert_ne!(run.phase, Phase::Running, "S1: {id} has an end, {at}");
    assert_eq!(run.state, RunState::Finished, "S1: {id}, {at}");
    assert!(run.finished_at.is_some(), "S1: {id}, {at}");
    let by_its_code = match run.phase {
        Phase::Completed => Some(true),
        Phase::Terminated | Phase::TimedOut => Some(false),
        _ => None,
    };
    if let Some(returned) = by_its_code {
        assert_eq!(run.output.is_some(), returned, "S3: {id}, {at}");
    }
    let mut inbox = bench.store.inbox(run.run).await.unwrap();
    // Who has died was not told any more that another start has taken the id of its run.
    inbox.retain(|left| left.kind != MessageKind::Terminate || run.phase != Phase::Terminated);
    assert_eq!(inbox, [], "W2: {id} has no letter left, {at}");
    let tasks = bench.store.tasks(run.run).await;
    assert_eq!(tasks, Ok(vec![]), "X1: {id} has no task left, {at}");
    let notes = bench.store.notes(run.run).await;
    assert_eq!(notes, Ok(vec![]), "X1: {id} has no note left, {at}");
}

/// The answers on record of a run, in the order of its steps.
pub(super) async fn answers(bench: &Bench, run: &RunRecord) -> Vec<Answered> {
    let steps = bench.store.steps(run.run, 0, 1_000).await.unwrap();
    let results = steps.iter().filter_map(|step| step.result.as_deref());
    let decoded = results.map(|bytes| codec::decode::<Vec<Answered>>(bytes).unwrap());
    decoded.flatten().collect()
}

/// Each step and each answer is on record once.
async fn counts_once(bench: &Bench, run: &RunRecord, at: &str) {
    let id = &run.id;
    let steps = bench.store.steps(run.run, 0, 1_000).await.unwrap();
    let seqs: Vec<_> = steps.iter().map(|step| step.seq).collect();
    let gapless: Vec<_> = (1..).take(steps.len()).collect();
    assert_eq!(seqs, gapless, "C1: the steps of {id}, {at}");
    let last = seqs.last().copied().unwrap_or(0);
    assert_eq!(run.seq, last, "C1: the steps of {id}, {at}");
    let ends = steps.iter().filter(|step| step.label.is_empty()).count();
    assert_eq!(
        ends,
        usize::from(run.output.is_some()),
        "S3: {id} returns once, {at}"
    );
    let mut answered = BTreeSet::new();
    for answer in answers(bench, run).await {
        let first = answered.insert(answer.op);
        assert!(first, "C1: {answer:?} is the second one of {id}, {at}");
    }
}

/// A child has one parent, which has started it once, and is closed by policy.
fn belongs(run: &RunRecord, all: &[RunRecord], at: &str) {
    let Some(parent) = run.parent else {
        return;
    };
    let id = &run.id;
    let of = all.iter().find(|other| other.run == parent.run);
    let of = of.unwrap_or_else(|| panic!("X4: {id} has a parent, {at}"));
    let started = |other: &&RunRecord| {
        let by = other.parent.map(|other| (other.run, other.op));
        by == Some((parent.run, parent.op)) && other.phase != Phase::Continued
    };
    let children: Vec<_> = all.iter().filter(started).map(|child| &child.id).collect();
    assert_eq!(children, [id], "X4: one call starts one child, {at}");
    if parent.close == ParentClose::Terminate && run.phase != Phase::Terminated {
        assert!(
            run.finished_at <= of.finished_at,
            "X4: {id} outlives its parent, {at}"
        );
    }
}

/// A schedule has started the runs that it says, and has heard of their ends.
async fn keeps_its_times(bench: &Bench, runs: &[RunRecord], at: &str) {
    let client = elsewhere(bench);
    for summary in client.schedules(None, 100).await.unwrap() {
        let id = &summary.id;
        let by_it = |run: &&RunRecord| run.scheduled.as_ref().is_some_and(|by| by.schedule == *id);
        let started = runs.iter().filter(by_it).count();
        let said = summary.counts.started;
        assert_eq!(said, started as u64, "W5: the starts of {id}, {at}");
        let record = bench
            .store
            .schedule(id)
            .await
            .unwrap()
            .expect("it is there");
        assert_eq!(record.ended, [], "W5: {id} has heard of every end, {at}");
        let seen = client.schedule(id.as_str()).await.unwrap();
        let seen = seen.describe().await.unwrap();
        let busy = (seen.running.len(), seen.waiting, seen.backfills);
        assert_eq!(busy, (0, 0, 0), "W5: nothing is left of {id}, {at}");
        for taken in seen.recent {
            let run = runs.iter().find(|run| run.id == taken.workflow);
            let phase = run.map(|run| run.phase);
            assert_eq!(taken.ended, phase, "W5: {}, {at}", taken.workflow);
        }
    }
}

/// Finds nothing, each.
const ORPHANS: [(&str, &str); 11] = [
    (
        "W1: a run that runs has an owner or is ready, and not both",
        "SELECT count(*) FROM workflow WHERE phase=0
         AND (owner IS NOT NULL)=EXISTS(SELECT 1 FROM ready WHERE ready.run=workflow.run)",
    ),
    (
        "W4: a timer of a run that has ended",
        "SELECT count(*) FROM ready WHERE run NOT IN(SELECT run FROM workflow WHERE phase=0)",
    ),
    (
        "F1: an owner of a run that has ended",
        "SELECT count(*) FROM workflow WHERE phase<>0 AND owner IS NOT NULL",
    ),
    (
        "W2: a letter that nobody will read",
        "SELECT count(*) FROM inbox WHERE used_seq IS NULL
         AND run NOT IN(SELECT run FROM workflow WHERE phase=0 OR evicted IS NOT NULL)",
    ),
    // A termination by a workflow is kept by the end, so that it counts once.
    (
        "W2: a letter that was taken by no step",
        "SELECT count(*) FROM inbox WHERE used_seq IS NOT NULL AND NOT (kind=1 AND used_seq=0
         AND run IN(SELECT run FROM workflow WHERE phase<>0)) AND NOT EXISTS(
           SELECT 1 FROM step WHERE step.run=inbox.run AND step.seq=inbox.used_seq)",
    ),
    (
        "W2: an answer to what was not taken",
        "SELECT count(*) FROM inbox WHERE stage IS NOT NULL AND used_seq IS NULL",
    ),
    (
        "C1: steps that do not count",
        "SELECT count(*) FROM workflow WHERE phase<>0
         AND seq<>(SELECT count(*) FROM step WHERE step.run=workflow.run)",
    ),
    (
        "X1: a task of a run that has ended",
        "SELECT count(*) FROM task WHERE run NOT IN(SELECT run FROM workflow WHERE phase=0)",
    ),
    (
        "X1: a note of a run that has ended",
        "SELECT count(*) FROM note WHERE run NOT IN(SELECT run FROM workflow WHERE phase=0)",
    ),
    (
        "X4: two children of one call",
        "SELECT count(*) FROM(SELECT 1 FROM workflow WHERE parent IS NOT NULL AND current=1
           GROUP BY parent,parent_op HAVING count(*)>1)",
    ),
    (
        "W5: an end that its schedule has not heard of",
        "SELECT count(*) FROM schedule_end",
    ),
];

/// Checks the tables of a database, which is open elsewhere.
pub(super) fn audit_tables(path: &Path, at: &str) {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(path, flags).unwrap();
    for (rule, query) in ORPHANS {
        let found: i64 = db.query_row(query, [], |row| row.get(0)).unwrap();
        assert_eq!(found, 0, "{rule}, {at}");
    }
}
