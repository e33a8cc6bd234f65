//! Starts under an id whose workflow ends at the same instant, by each policy and with a signal: one workflow
//! of an id runs at a time, who has started is told the truth, and each signal counts once, in the run
//! that has taken it.

use super::audit::all_runs;
use super::{Course, Stage, in_every_order, in_every_order_on_sqlite, meanwhile_in_every_order};
use crate::support::value;
use durable_runtime::client::{ClientError, SignalError, StartError};
use durable_runtime::clock::Clock;
use durable_runtime::id::{RunId, Timestamp};
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

const DONE: Signal<()> = Signal::new("done");
const SAY: Signal<u32> = Signal::new("say");

/// Takes numbers until that is enough.
#[workflow]
async fn basket() -> Result<Vec<u32>, Vec<u32>> {
    let mut read = Vec::new();
    loop {
        select! {
            said = SAY.recv() => match said {
                Ok(number) => read.push(number),
                Err(_) => return Err(read),
            },
            done = DONE.recv() => return if done.is_ok() { Ok(read) } else { Err(read) },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Arrival {
    /// It may end.
    Done,
    Cancel,
    Terminate,
    /// A start with this number as a signal.
    Says(u32),
    /// A start that is content with the one that runs.
    Uses,
    /// A start after one that has ended.
    Allows,
    /// A start that ends the one that runs.
    Takes,
}

use Arrival::{Allows, Cancel, Done, Says, Takes, Terminate, Uses};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// A run began with it.
    Began,
    /// There was one that ran.
    Runs,
    /// There was one that had ended, if any.
    Over,
}

use Outcome::{Began, Over, Runs};

/// What has come, and to which run.
#[derive(Clone, Copy, Debug)]
struct Came {
    arrival: Arrival,
    outcome: Outcome,
    run: Option<RunId>,
    at: Timestamp,
}

thread_local! {
    /// What has become of which arrivals in this test.
    static SEEN: RefCell<BTreeSet<(Arrival, Outcome)>> = const { RefCell::new(BTreeSet::new()) };
}

/// It happens. Nobody else starts anything: `current` is the run that has the id.
async fn happens(arrival: Arrival, stage: &Stage, current: Option<RunId>) -> Came {
    let client = stage.client();
    let at = stage.bench.clock.now();
    let start = start_basket(&client, "b");
    let started = match arrival {
        Says(number) => start.with_signal(SAY, number).await,
        Uses => start.on_conflict(OnConflict::UseExisting).await,
        Allows => start.reuse(Reuse::Allow).await,
        Takes => {
            let start = start.on_conflict(OnConflict::TerminateExisting);
            start.reuse(Reuse::Allow).await
        }
        Done | Cancel | Terminate => {
            let outcome = stops(arrival, &client).await;
            return Came {
                arrival,
                outcome,
                run: current,
                at,
            };
        }
    };
    let (run, outcome) = match started {
        Ok(handle) if current == Some(handle.run()) => (handle.run(), Runs),
        Ok(handle) => (handle.run(), Began),
        Err(StartError::AlreadyStarted(handle)) => {
            let runs = arrival == Allows;
            (handle.run(), if runs { Runs } else { Over })
        }
        Err(error) => panic!("S2 {error}"),
    };
    if outcome != Began {
        assert_eq!(Some(run), current, "S2 {arrival:?}");
    }
    Came {
        arrival,
        outcome,
        run: Some(run),
        at,
    }
}

async fn stops(arrival: Arrival, client: &Client) -> Outcome {
    let handle = match client.handle::<()>("b").await {
        Ok(handle) => handle,
        Err(ClientError::NotFound(_)) => return Over,
        Err(error) => panic!("{error}"),
    };
    let sent = match arrival {
        Done => handle.signal(DONE, ()).await,
        Cancel => handle.cancel("enough").await.map_err(SignalError::from),
        _ => handle.terminate("now").await.map_err(SignalError::from),
    };
    match sent {
        Ok(()) => Runs,
        Err(SignalError::Client(ClientError::Finished { .. })) => Over,
        Err(error) => panic!("{error}"),
    }
}

/// True if the worker was cut. `first`: whether one runs already.
async fn story(first: bool, store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start = async |client: Client| {
        if first {
            drop(start_basket(&client, "b").await.unwrap());
        }
    };
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut current = all_runs(&stage.bench).await.first().map(|run| run.run);
    let (begins, mut came) = (current, Vec::new());
    // So that all end.
    for (n, arrival) in order.iter().chain(&[Done]).enumerate() {
        let one = happens(*arrival, &stage, current).await;
        current = one.run;
        came.push(one);
        stage.arrived(course.rests_at(n)).await;
    }
    SEEN.with_borrow_mut(|seen| seen.extend(came.iter().map(|came| (came.arrival, came.outcome))));
    let at = format!("{order:?}, {course:?}, {came:?}");
    let began = came.iter().filter(|came| came.outcome == Began);
    let began = began.filter_map(|came| came.run).chain(begins);
    let began: Vec<RunId> = began.collect();
    stage.starts_again(began.len().saturating_sub(1));
    let (bench, [last]) = stage.end(["b"], &at).await;
    let runs = all_runs(&bench).await;
    let there: BTreeSet<_> = runs.iter().map(|run| run.run).collect();
    assert_eq!(there, began.into_iter().collect(), "S1, S2 {at}");
    assert_eq!(Some(last.run), current, "S2 {at}");
    for (n, came) in came.iter().enumerate() {
        if came.run.is_some() {
            is_true(n, *came, &runs, &at);
        }
    }
    for run in &runs {
        counts_once(run, &came, &at);
    }
    assert_eq!(bench.end("b").await, last, "S3 {at}");
    faulty.fired()
}

/// What was said of a run is so.
fn is_true(n: usize, came: Came, runs: &[RunRecord], at: &str) {
    let of = |run: &&RunRecord| Some(run.run) == came.run;
    let run = runs.iter().find(of).expect("S1: it is there");
    match came.outcome {
        Began => assert!(run.created_at >= came.at, "S2 {n}, {at}"),
        Runs => assert!(run.finished_at >= Some(came.at), "S3 {n}, {at}"),
        Over => assert!(run.finished_at <= Some(came.at), "S3 {n}, {at}"),
    }
    let possible = match came.arrival {
        Uses => came.outcome != Began,
        Takes => came.outcome == Began,
        Allows => came.outcome != Over,
        _ => true,
    };
    assert!(possible, "S2 {n}, {at}");
}

/// A run has read what came to it before it was to end, in order and once, and ends as it was told first.
fn counts_once(run: &RunRecord, came: &[Came], at: &str) {
    let its = came.iter().filter(|came| came.run == Some(run.run));
    let its: Vec<_> = its.filter(|came| came.outcome != Over).collect();
    let ends = |came: &&&Came| matches!(came.arrival, Done | Cancel);
    let end = its.iter().find(ends).map(|came| came.arrival);
    let terminated = its.iter().any(|came| came.arrival == Terminate);
    let replaced = came
        .iter()
        .any(|came| came.arrival == Takes && came.run != Some(run.run));
    let id = run.run;
    match run.phase {
        Phase::Terminated => return assert!(terminated || replaced, "X2 {id}, {at}"),
        Phase::Completed => assert_eq!(end, Some(Done), "X1 {id}, {at}"),
        Phase::Cancelled => assert_eq!(end, Some(Cancel), "X2 {id}, {at}"),
        other => panic!("X2 {other:?}, {id}, {at}"),
    }
    let before = its.iter().take_while(|came| !ends(came));
    let number = |came: &&Came| match came.arrival {
        Says(number) => Some(number),
        _ => None,
    };
    let sent: Vec<_> = before.filter_map(number).collect();
    let read = match value::<Result<Vec<u32>, Vec<u32>>>(run) {
        Ok(read) | Err(read) => read,
    };
    assert_eq!(read, sent, "W2 {id}, {at}");
}

const SIGNALLED: [Arrival; 4] = [Done, Says(1), Says(2), Cancel];
const FIRST: [Arrival; 4] = [Says(1), Says(2), Done, Terminate];
pub(super) const USED: [Arrival; 4] = [Done, Uses, Allows, Says(1)];
const TAKEN: [Arrival; 4] = [Done, Takes, Says(1), Terminate];

pub(super) fn beside(first: bool) -> impl AsyncFn(Arc<dyn Store>, &[Arrival], Course) -> bool {
    async move |store, order, course| story(first, store, order, course).await
}

/// Each of these arrivals has met a run that ran, and one that had ended, or has begun one, as it may.
fn has_met(all: &[(Arrival, Outcome)]) {
    let seen = SEEN.take();
    for met in all {
        assert!(seen.contains(met), "{met:?} has not happened: {seen:?}");
    }
}

#[tokio::test]
async fn a_start_with_a_signal_counts_once_beside_an_end_in_every_order() {
    let cuts = in_every_order(&SIGNALLED, 3, beside(true)).await;
    assert!(cuts > 200, "only {cuts} calls were cut");
    has_met(&[
        (Says(1), Runs),
        (Says(1), Over),
        (Done, Over),
        (Cancel, Over),
    ]);
}

#[tokio::test]
async fn starts_with_a_signal_start_once_in_every_order() {
    let cuts = in_every_order(&FIRST, 3, beside(false)).await;
    assert!(cuts > 200, "only {cuts} calls were cut");
    has_met(&[
        (Says(1), Began),
        (Says(1), Runs),
        (Says(1), Over),
        (Done, Over),
    ]);
}

#[tokio::test]
async fn a_start_after_another_or_beside_it_is_told_the_truth_in_every_order() {
    let cuts = in_every_order(&USED, 3, beside(true)).await;
    assert!(cuts > 200, "only {cuts} calls were cut");
    has_met(&[
        (Uses, Runs),
        (Uses, Over),
        (Allows, Runs),
        (Allows, Began),
        (Says(1), Over),
    ]);
}

#[tokio::test]
async fn a_start_that_takes_an_id_ends_what_runs_in_every_order() {
    let cuts = in_every_order(&TAKEN, 3, beside(true)).await;
    assert!(cuts > 200, "only {cuts} calls were cut");
    has_met(&[
        (Takes, Began),
        (Says(1), Runs),
        (Says(1), Over),
        (Terminate, Runs),
    ]);
}

#[tokio::test]
async fn a_start_while_a_run_is_about_to_end_is_told_the_truth() {
    meanwhile_in_every_order(&USED, beside(true)).await;
    meanwhile_in_every_order(&TAKEN, beside(true)).await;
    let times = super::stage::meanwhile();
    assert!(times > 100, "only {times} came meanwhile");
    has_met(&[
        (Uses, Runs),
        (Allows, Runs),
        (Allows, Began),
        (Takes, Began),
        (Says(1), Runs),
    ]);
}

#[tokio::test]
async fn starts_beside_an_end_are_told_the_truth_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&TAKEN, (12, 6), beside(true)).await;
    in_every_order_on_sqlite(&FIRST, (12, 6), beside(false)).await;
}
