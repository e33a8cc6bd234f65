//! A parent that is cancelled while it awaits a child which it asks to stop, when the child ends by itself or
//! is terminated: the parent hears of its cancellation once, and of its child what is true.

use super::{Course, Stage, in_every_order, meanwhile_in_every_order, over, place};
use crate::support::{act, elsewhere, value};
use durable_runtime::client::SignalError;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
use std::sync::Arc;

const GO: Signal<()> = Signal::new("go");

/// Waits until it may go; cleans up if it is cancelled.
#[workflow]
async fn ward() -> Result<u32, String> {
    if GO.recv().await.is_ok() {
        return Ok(1);
    }
    let cleaned = act("clean-up".to_owned()).await;
    cleaned.map_err(|e| e.to_string())?;
    Err("tidied".to_owned())
}

/// Awaits its child, which outlives it, and then until it may go itself. Fails with what it has heard.
#[workflow]
async fn warden(kind: ChildCancellation) -> Result<(), (String, String)> {
    let child = ward()
        .spawn("ward")
        .parent_close(ParentClose::Abandon)
        .await;
    let child = child.map_err(|e| (e.to_string(), String::new()))?;
    let end = child.cancellation(kind).await;
    let next = GO.recv().await;
    Err((format!("{end:?}"), format!("{next:?}")))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The child may go.
    WardGoes,
    /// Somebody terminates the child.
    WardStops,
    Cancel,
    /// The parent may go.
    Goes,
}

use Arrival::{Cancel, Goes, WardGoes, WardStops};

impl Arrival {
    /// It happens; the phase of whom it concerns if that had ended before.
    async fn happens(self, stage: &Stage) -> Option<Phase> {
        let whom = match self {
            WardGoes | WardStops => "ward",
            Cancel | Goes => "warden",
        };
        let handle = elsewhere(&stage.bench).handle::<()>(whom).await.unwrap();
        over(match self {
            Cancel => handle.cancel("enough").await.map_err(SignalError::from),
            WardStops => handle.terminate("now").await.map_err(SignalError::from),
            Goes | WardGoes => handle.signal(GO, ()).await.map(drop),
        })
    }
}

/// True if the worker was cut.
async fn story(
    kind: ChildCancellation,
    store: Arc<dyn Store>,
    order: &[Arrival],
    course: Course,
) -> bool {
    let start = async |client| drop(start_warden(&client, "warden", kind).await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut told = Vec::new();
    for (n, arrival) in order.iter().enumerate() {
        told.push((*arrival, arrival.happens(&stage).await));
        stage.arrived(course.rests_at(n)).await;
    }
    let at = format!("{kind:?}, {order:?}, {course:?}");
    let (bench, [warden, ward]) = stage.end(["warden", "ward"], &at).await;
    let heard = value::<Result<(), (String, String)>>(&warden).unwrap_err();
    let at = format!(
        "{at}: {:?}, {:?}, {heard:?}, {told:?}",
        warden.phase, ward.phase
    );
    for (arrival, over) in &told {
        let whom = if matches!(arrival, WardGoes | WardStops) {
            &ward
        } else {
            &warden
        };
        assert!(over.is_none_or(|over| over == whom.phase), "S3 {at}");
    }
    hears_truly(kind, &heard, &warden, &ward, &at);
    ends_in_time(kind, order, &told, &warden, &ward, &at);
    if course.is_calm(order.len()) {
        let first = order.iter().find(|arrival| **arrival != Goes);
        let expected = match first {
            Some(WardGoes) => Phase::Completed,
            Some(WardStops) => Phase::Terminated,
            _ => Phase::Cancelled,
        };
        assert_eq!(ward.phase, expected, "X4 {at}");
    }
    assert_eq!(
        ward.parent.map(|parent| parent.run),
        Some(warden.run),
        "X4 {at}"
    );
    assert_eq!(bench.end("warden").await, warden, "S3 {at}");
    faulty.fired()
}

/// Of its child it has heard how that has ended, or that it was cancelled itself; of which it hears once.
fn hears_truly(
    kind: ChildCancellation,
    (end, next): &(String, String),
    warden: &RunRecord,
    ward: &RunRecord,
    at: &str,
) {
    let cancelled = "Err(Cancelled)";
    let told_of_itself = end == cancelled;
    if told_of_itself {
        // Who waits for its child does not go away.
        assert_eq!(kind, ChildCancellation::Request, "X4 {at}");
    } else {
        let truth = match ward.phase {
            Phase::Completed | Phase::Cancelled => {
                format!("Ok({:?})", value::<Result<u32, String>>(ward))
            }
            _ => end.clone(),
        };
        assert_eq!(*end, truth, "X4 {at}");
        let stopped = end.contains("erminated");
        assert_eq!(stopped, ward.phase == Phase::Terminated, "X4 {at}");
        assert!(ward.finished_at <= warden.finished_at, "X4 {at}");
    }
    let told_by_child = kind == ChildCancellation::Wait && ward.phase == Phase::Cancelled;
    let times = [told_of_itself, told_by_child, next == cancelled];
    let times = times.into_iter().filter(|told| *told).count();
    assert!(times <= 1, "X1 {at}");
    let expected = if times == 1 {
        Phase::Cancelled
    } else {
        Phase::Failed
    };
    assert_eq!(warden.phase, expected, "X1, X2 {at}");
}

/// An acknowledged cancellation is heard of, unless all that the parent waits for came before; the child ends
/// in a way that came in time, and first.
fn ends_in_time(
    kind: ChildCancellation,
    order: &[Arrival],
    told: &[(Arrival, Option<Phase>)],
    warden: &RunRecord,
    ward: &RunRecord,
    at: &str,
) {
    let before = |arrival, other| {
        let place = |of| place(order, of).unwrap_or(order.len());
        place(arrival) < place(other)
    };
    let in_time = |wanted| told.contains(&(wanted, None));
    // For whom the parent waits may end by itself.
    let waits = kind == ChildCancellation::Wait && ward.phase != Phase::Cancelled;
    let ended = waits || before(WardGoes, Cancel) || before(WardStops, Cancel);
    if in_time(Cancel) && !(ended && before(Goes, Cancel)) {
        assert_eq!(warden.phase, Phase::Cancelled, "X1 {at}");
    }
    match ward.phase {
        Phase::Completed => assert!(in_time(WardGoes), "X2 {at}"),
        Phase::Terminated => assert!(in_time(WardStops), "X2 {at}"),
        // Nobody else asks for it.
        Phase::Cancelled => assert!(in_time(Cancel), "X4 {at}"),
        other => panic!("X2 {other:?}, {at}"),
    }
    if before(WardGoes, Cancel) {
        assert_ne!(ward.phase, Phase::Cancelled, "W2 {at}");
    }
}

pub(super) const GONE: [Arrival; 3] = [WardGoes, Cancel, Goes];
pub(super) const STOPPED: [Arrival; 3] = [WardStops, Cancel, Goes];

pub(super) fn by(
    kind: ChildCancellation,
) -> impl AsyncFn(Arc<dyn Store>, &[Arrival], Course) -> bool {
    async move |store, order, course| story(kind, store, order, course).await
}

async fn hears(kind: ChildCancellation) {
    for arrivals in [GONE, STOPPED] {
        let cuts = in_every_order(&arrivals, 5, by(kind)).await;
        assert!(cuts > 80, "only {cuts} calls were cut");
    }
}

#[tokio::test]
async fn a_child_that_is_asked_to_stop_ends_once_in_every_order() {
    hears(ChildCancellation::Request).await;
}

#[tokio::test]
async fn a_child_that_is_asked_to_stop_and_waited_for_ends_once_in_every_order() {
    hears(ChildCancellation::Wait).await;
}

#[tokio::test]
async fn a_child_that_ends_while_it_is_asked_to_stop_ends_once() {
    for kind in [ChildCancellation::Request, ChildCancellation::Wait] {
        meanwhile_in_every_order(&GONE, by(kind)).await;
        meanwhile_in_every_order(&STOPPED, by(kind)).await;
    }
    let times = super::stage::meanwhile();
    assert!(times > 80, "only {times} came meanwhile");
}
