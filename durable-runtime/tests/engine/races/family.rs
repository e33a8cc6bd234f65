//! A parent with a child of each policy that ends in several ways at once while its children end too:
//! the parent hears of each once, and each child is closed as its policy says.

use super::{Course, Stage, in_every_order, in_every_order_on_sqlite, over};
use crate::support::{elsewhere, value};
use durable_runtime::client::SignalError;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
use std::sync::Arc;

const GO: Signal<u32> = Signal::new("go");

/// Waits until it may go.
#[workflow]
async fn kid() -> Result<u32, Cancelled> {
    GO.recv().await
}

/// Hears of its three children until it may go itself.
#[workflow]
async fn household() -> Result<Vec<String>, Error> {
    let obeys = kid().spawn("obeys").await?;
    let falls = kid()
        .spawn("falls")
        .parent_close(ParentClose::Terminate)
        .await?;
    let stays = kid()
        .spawn("stays")
        .parent_close(ParentClose::Abandon)
        .await?;
    let mut obeys = spawn(obeys.cancellation(ChildCancellation::Abandon));
    let mut falls = spawn(falls.cancellation(ChildCancellation::Abandon));
    let mut stays = spawn(stays.cancellation(ChildCancellation::Abandon));
    let (mut first, mut second, mut third) = (false, false, false);
    let mut log: Vec<String> = Vec::new();
    loop {
        let came: Result<String, Error> = select! {
            end = &mut obeys, if !first => {
                first = true;
                end.map(|end| format!("obeys {end:?}")).map_err(Error::from)
            }
            end = &mut falls, if !second => {
                second = true;
                end.map(|end| format!("falls {end:?}")).map_err(Error::from)
            }
            end = &mut stays, if !third => {
                third = true;
                end.map(|end| format!("stays {end:?}")).map_err(Error::from)
            }
            go = GO.recv() => match go {
                Ok(_) => return Ok(log),
                Err(error) => Err(Error::from(error)),
            },
        };
        match came {
            Ok(line) => log.push(line),
            Err(_) => return Err(Error::msg(log.join(", "))),
        }
    }
}

/// Of whom: the parent, or a child by its policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Goes,
    Cancel,
    Terminate,
    ObeysGoes,
    FallsGoes,
    StaysGoes,
}

use Arrival::{Cancel, FallsGoes, Goes, ObeysGoes, StaysGoes, Terminate};

impl Arrival {
    /// Whom it concerns, and what they are told.
    fn whom(self) -> (&'static str, u32) {
        match self {
            Goes | Cancel | Terminate => ("parent", 0),
            ObeysGoes => ("obeys", 1),
            FallsGoes => ("falls", 2),
            StaysGoes => ("stays", 3),
        }
    }

    /// It happens; the phase of whom it concerns if that had ended before.
    async fn happens(self, stage: &Stage) -> Option<Phase> {
        let (whom, number) = self.whom();
        let handle = elsewhere(&stage.bench).handle::<()>(whom).await.unwrap();
        over(match self {
            Cancel => handle.cancel("enough").await.map_err(SignalError::from),
            Terminate => handle.terminate("now").await.map_err(SignalError::from),
            _ => handle.signal(GO, number).await.map(drop),
        })
    }
}

/// What has come.
#[derive(Clone, Copy, Debug)]
struct Came {
    arrival: Arrival,
    /// Whether the parent had ended.
    orphaned: bool,
    /// How whom it concerns had ended, if they had.
    over: Option<Phase>,
}

impl Came {
    async fn now(arrival: Arrival, stage: &Stage) -> Self {
        let parent = stage.bench.until("parent", |_| true).await;
        Self {
            arrival,
            orphaned: parent.phase != Phase::Running,
            over: arrival.happens(stage).await,
        }
    }
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start = async |client| drop(start_household(&client, "parent").await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut came = Vec::new();
    for (n, arrival) in order.iter().enumerate() {
        came.push(Came::now(*arrival, &stage).await);
        stage.arrived(course.rests_at(n)).await;
    }
    // So that all end. Parents that have no other end get this one.
    let own = |arrival: &Arrival| matches!(arrival, Goes | Cancel | Terminate);
    assert!(order.iter().any(own));
    if !order.contains(&StaysGoes) {
        came.push(Came::now(StaysGoes, &stage).await);
    }
    let at = format!("{order:?}, {course:?}");
    let ids = ["parent", "obeys", "falls", "stays"];
    let (bench, [parent, obeys, falls, stays]) = stage.end(ids, &at).await;
    let children = [&obeys, &falls, &stays];
    let phases = children.map(|child| child.phase);
    let at = format!("{at}: {:?}, {phases:?}, {came:?}", parent.phase);
    has_one_end(&parent, &came, &at);
    has_heard(&parent, children, order, course, &at);
    are_closed(&parent, children, &came, &at);
    for (record, id) in [&parent, &obeys, &falls, &stays].into_iter().zip(ids) {
        assert_eq!(bench.end(id).await, *record, "S3 {at}");
    }
    for child in children {
        let of = child.parent.map(|parent| parent.run);
        assert_eq!(of, Some(parent.run), "X4 {at}");
    }
    faulty.fired()
}

/// The parent ends in one of the ways that came in time, and all are told the same.
fn has_one_end(parent: &RunRecord, came: &[Came], at: &str) {
    let end = |arrival: Arrival| match arrival {
        Goes => Some(Phase::Completed),
        Cancel => Some(Phase::Cancelled),
        Terminate => Some(Phase::Terminated),
        _ => None,
    };
    let in_time = came.iter().filter(|came| came.over.is_none());
    let mut ways = in_time.filter_map(|came| end(came.arrival));
    assert!(ways.any(|way| way == parent.phase), "X2 {at}");
    for Came { arrival, over, .. } in came {
        if arrival.whom().0 == "parent" {
            assert!(over.is_none_or(|over| over == parent.phase), "S3 {at}");
        }
    }
}

/// The parent hears of a child once, and how it has ended.
fn has_heard(
    parent: &RunRecord,
    children: [&RunRecord; 3],
    order: &[Arrival],
    course: Course,
    at: &str,
) {
    if parent.phase == Phase::Terminated {
        return;
    }
    let log = match value::<Result<Vec<String>, Error>>(parent) {
        Ok(log) => log,
        Err(error) => {
            let log = error.to_string();
            let lines = log.split(", ").filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        }
    };
    for child in children {
        let of = |line: &&String| line.starts_with(child.id.as_str());
        let heard: Vec<_> = log.iter().filter(of).collect();
        assert!(heard.len() <= 1, "X4 {heard:?}, {at}");
        for line in heard {
            assert!(child.output.is_some(), "X4 {line}, {at}");
            let end = value::<Result<u32, Cancelled>>(child);
            assert_eq!(*line, format!("{} {end:?}", child.id), "X4 {at}");
            assert!(child.finished_at <= parent.finished_at, "X4 {at}");
        }
    }
    if course.is_calm(order.len()) {
        let first = order.iter().position(|a| a.whom().0 == "parent");
        let goes = order[..first.expect("it ends")].iter();
        let all: Vec<_> = goes
            .map(|arrival| arrival.whom())
            .map(|(id, number)| format!("{id} Ok({number})"))
            .collect();
        assert_eq!(log, all, "X4 {at}");
    }
}

/// A child that was let go in time goes, and the others end as their policies say.
fn are_closed(parent: &RunRecord, children: [&RunRecord; 3], came: &[Came], at: &str) {
    for (child, policy) in
        children
            .into_iter()
            .zip([Some(Phase::Cancelled), Some(Phase::Terminated), None])
    {
        let told = came.iter();
        let told = told
            .clone()
            .find(|came| came.arrival.whom().0 == child.id.as_str());
        let number = told.map(|came| came.arrival.whom().1);
        let in_time = told.is_some_and(|came| came.over.is_none());
        if let Some(over) = told.and_then(|came| came.over) {
            assert_eq!(over, child.phase, "S3 {}, {at}", child.id);
        }
        if told.is_none_or(|came| came.orphaned) && policy.is_some() {
            // The news of the end was there before.
            assert_eq!(Some(child.phase), policy, "X4 {}, {at}", child.id);
        }
        if child.phase == Phase::Completed {
            assert!(in_time, "W3 {}, {at}", child.id);
            let went = value::<Result<u32, Cancelled>>(child);
            assert_eq!(went.ok(), number, "W2 {}, {at}", child.id);
        } else {
            assert_eq!(Some(child.phase), policy, "X4 {}, {at}", child.id);
            assert!(
                child.finished_at >= parent.finished_at,
                "X4 {}, {at}",
                child.id
            );
        }
    }
    // What came first is read first, before the news of the parent's end.
    let at_place = |wanted| came.iter().position(|came| came.arrival == wanted);
    let end = came
        .iter()
        .position(|came| came.arrival.whom().0 == "parent");
    if at_place(ObeysGoes).is_some_and(|first| Some(first) < end) {
        assert_eq!(children[0].phase, Phase::Completed, "W2 {at}");
    }
}

pub(super) const CLOSES: [Arrival; 4] = [Goes, Terminate, ObeysGoes, FallsGoes];
const CANCELS: [Arrival; 4] = [Goes, Cancel, ObeysGoes, StaysGoes];

#[tokio::test]
async fn children_are_closed_and_heard_of_by_policy_in_every_order() {
    let cuts = in_every_order(&CLOSES, 5, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn children_of_who_is_cancelled_are_closed_and_heard_of_in_every_order() {
    let cuts = in_every_order(&CANCELS, 5, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn children_are_closed_and_heard_of_by_policy_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&CLOSES, (8, 7), story).await;
    in_every_order_on_sqlite(&CANCELS, (8, 7), story).await;
}
