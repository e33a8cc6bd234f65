//! A workflow with a limit for all its runs together that goes on as a new one, returns, is cancelled and is
//! out of time at once: one end wins, never early, and no run has more time than the first.

use super::audit::all_runs;
use super::{Course, DUE, Stage, in_every_order, meanwhile_in_every_order, over, place};
use crate::support::{elsewhere, value};
use durable_runtime::client::SignalError;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, Store};
use std::sync::Arc;

const GO: Signal<()> = Signal::new("go");
const SAY: Signal<u32> = Signal::new("say");

/// Goes on as a new run with each number that it is told, until it may go; all runs have ten seconds.
#[workflow(execution_timeout = "10s")]
async fn allotted(before: Vec<u32>) -> Result<Vec<u32>, String> {
    let mut read = before;
    select! {
        said = SAY.recv() => {
            let Ok(number) = said else {
                return Err(format!("{read:?}"));
            };
            read.push(number);
        }
        go = GO.recv() => {
            if go.is_err() {
                return Err(format!("{read:?}"));
            }
            return Ok(read);
        }
    }
    continue_as_new(allotted(read)).await
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Says,
    Goes,
    Cancel,
    TimeOut,
}

use Arrival::{Cancel, Goes, Says, TimeOut};

pub(super) const ARRIVALS: [Arrival; 4] = [Says, Goes, Cancel, TimeOut];

impl Arrival {
    /// How the workflow ends if this is what ends it.
    fn end(self) -> Option<Phase> {
        match self {
            Says => None,
            Goes => Some(Phase::Completed),
            Cancel => Some(Phase::Cancelled),
            TimeOut => Some(Phase::TimedOut),
        }
    }

    /// It happens; the phase of the workflow if that has ended before.
    async fn happens(self, stage: &mut Stage) -> Option<Phase> {
        let handle = elsewhere(&stage.bench).handle::<()>("l").await.unwrap();
        over(match self {
            Says => handle.signal(SAY, 1).await.map(drop),
            Goes => handle.signal(GO, ()).await.map(drop),
            Cancel => handle.cancel("enough").await.map_err(SignalError::from),
            TimeOut => {
                stage.until_due().await;
                Ok(())
            }
        })
    }
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start =
        async |client: Client| drop(start_allotted(&client, "l", Vec::new()).await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut told = Vec::new();
    for (n, arrival) in order.iter().enumerate() {
        told.push((*arrival, arrival.happens(&mut stage).await));
        // No time passes before it is to.
        stage.arrived_now(course.rests_at(n)).await;
    }
    let at = format!("{order:?}, {course:?}");
    let (bench, [record]) = stage.end(["l"], &at).await;
    let phase = record.phase;
    let runs = all_runs(&bench).await;
    let at = format!("{at}: {phase:?}, {} runs, {told:?}", runs.len());
    let in_time = |wanted| told.contains(&(wanted, None));
    let ways = told.iter().filter(|(_, over)| over.is_none());
    let mut ways = ways.filter_map(|(arrival, _)| arrival.end());
    assert!(ways.any(|way| way == phase), "X2 {at}");
    for (_, over) in &told {
        assert!(over.is_none_or(|over| over == phase), "S3 {at}");
    }
    if phase == Phase::TimedOut {
        assert!(record.finished_at >= Some(DUE), "W4 {at}");
    } else {
        let read = match value::<Result<Vec<u32>, String>>(&record) {
            Ok(read) => read,
            Err(read) => serde_json::from_str(&read).unwrap(),
        };
        let end = place(order, Goes).min(place(order, Cancel));
        let sent = usize::from(place(order, Says) < end);
        assert_eq!(read, [1].repeat(sent), "W2 {at}");
        // What came first in time wins, also if all is seen late.
        let first = if place(order, Goes) == end {
            Goes
        } else {
            Cancel
        };
        assert_eq!(Some(phase), first.end(), "X2 {at}");
    }
    for run in &runs {
        assert_eq!(run.terms.deadline, Some(DUE), "W4 {at}");
    }
    assert!(runs.len() <= 1 + usize::from(in_time(Says)), "S2 {at}");
    if let Some((n, first)) = order.iter().enumerate().find(|(_, a)| a.end().is_some())
        && course.rests_after(n)
    {
        assert_eq!(Some(phase), first.end(), "{at}");
    }
    assert_eq!(bench.end("l").await, record, "S3 {at}");
    faulty.fired()
}

#[tokio::test]
async fn all_runs_of_a_workflow_are_out_of_time_once_in_every_order() {
    let cuts = in_every_order(&ARRIVALS, 3, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn a_workflow_that_is_about_to_go_on_or_to_end_is_out_of_time_once() {
    let times = meanwhile_in_every_order(&ARRIVALS, story).await;
    assert!(times > 80, "only {times} came meanwhile");
}
