//! A schedule whose time comes while somebody triggers it, its run before ends, and somebody else
//! pauses it: each time starts one run or is counted as left out, and a pause starts none.

use super::audit::all_runs;
use super::{Course, DUE, Stage, in_every_order, in_every_order_on_sqlite, over, place};
use crate::support::{START, elsewhere};
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, Store};
use durable_runtime::{Overlap, Schedule};
use std::sync::Arc;

const GO: Signal<()> = Signal::new("go");

/// Until it may end, or for fifteen seconds.
#[workflow]
async fn chore() -> Result<String, Cancelled> {
    select! {
        told = GO.recv() => told.map(|()| "told".to_owned()),
        time = sleep(Duration::from_secs(15)) => time.map(|()| "late".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// The time of the schedule comes.
    Due,
    /// Somebody triggers it.
    Trigger,
    /// The run before ends.
    End,
    /// Somebody pauses the schedule.
    Pause,
}

use Arrival::{Due, End, Pause, Trigger};

fn id(at: Timestamp) -> String {
    format!(
        "s-1970-01-01T00:{:02}:{:02}Z",
        at.0 / 60_000,
        at.0 / 1_000 % 60
    )
}

/// The run that goes on when it begins.
fn first() -> String {
    format!("{}-trigger-1", id(START))
}

impl Arrival {
    /// It happens; for the run before, its phase if that had ended.
    async fn happens(self, stage: &mut Stage) -> Option<Phase> {
        let client = elsewhere(&stage.bench);
        let schedule = client.schedule("s").await.unwrap();
        match self {
            Due => stage.until_due().await,
            Trigger => schedule.trigger().await.unwrap(),
            Pause => schedule.pause("not today").await.unwrap(),
            End => {
                let first = client.handle::<()>(first()).await.unwrap();
                return over(first.signal(GO, ()).await.map(drop));
            }
        }
        None
    }
}

/// True if the worker was cut.
pub(super) async fn story(
    overlap: Overlap,
    store: Arc<dyn Store>,
    order: &[Arrival],
    course: Course,
) -> bool {
    let start = async |client: Client| {
        let times = Schedule::every(Duration::from_secs(10));
        let schedule = start_chore(&client, "s")
            .on_schedule(times.overlap(overlap).until(DUE))
            .await
            .unwrap();
        schedule.trigger().await.unwrap();
    };
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut told = None;
    for (n, arrival) in order.iter().enumerate() {
        let over = arrival.happens(&mut stage).await;
        if *arrival == End {
            told = over;
        }
        stage.arrived(course.rests_at(n)).await;
    }
    let at = format!("{overlap}, {order:?}, {course:?}");
    let (bench, [before]) = stage.end([&first()], &at).await;
    let schedule = elsewhere(&bench).schedule("s").await.unwrap();
    let seen = schedule.describe().await.unwrap();
    let counts = seen.summary.counts;
    let runs = all_runs(&bench).await;
    let ends: Vec<_> = runs
        .iter()
        .map(|run| (run.id.as_str(), run.phase))
        .collect();
    let at = format!("{at}: {counts:?}, {ends:?}");
    assert!(told.is_none_or(|told| told == before.phase), "S3 {at}");
    // Each time is accounted for, once.
    let paused_first = place(order, Pause).is_some_and(|pause| Some(pause) < place(order, Due));
    let accounted = counts.started + counts.skipped + counts.repeated + counts.missed;
    let triggers = 2;
    if paused_first {
        assert_eq!(accounted, triggers, "W5 {at}");
    } else if !order.contains(&Pause) {
        assert_eq!(accounted, triggers + 1, "W5 {at}");
    } else {
        // The pause may have come before anybody looked.
        let late = accounted - triggers;
        assert!(late <= 1, "W5 {at}");
        assert!(late == 1 || !course.is_calm(order.len()), "W5 {at}");
    }
    assert_eq!((counts.repeated, counts.missed), (0, 0), "W5 {at}");
    let due = runs.iter().filter(|run| run.id.as_str() == id(DUE));
    let due: Vec<_> = due.collect();
    assert!(due.len() <= usize::from(!paused_first), "W5 {at}");
    for run in due {
        assert!(run.created_at >= DUE, "W4 {at}");
        let by = run.scheduled.as_ref().map(|by| by.at);
        assert_eq!(by, Some(DUE), "W5 {at}");
    }
    // None overlaps with another.
    let mut spans: Vec<_> = runs
        .iter()
        .map(|run| (run.created_at, run.finished_at))
        .collect();
    spans.sort_unstable();
    for pair in spans.windows(2) {
        assert!(pair[0].1 <= Some(pair[1].0), "W5 {at}: {spans:?}");
    }
    faulty.fired()
}

pub(super) const PAUSED: [Arrival; 4] = [Due, Trigger, End, Pause];
const DRIVEN: [Arrival; 3] = [Due, Trigger, End];

async fn buffered(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    story(Overlap::BufferOne, store, order, course).await
}

async fn cancelling(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    story(Overlap::CancelOther, store, order, course).await
}

#[tokio::test]
async fn each_time_is_accounted_for_in_every_order() {
    let cuts = in_every_order(&PAUSED, 5, buffered).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
    let cuts = in_every_order(&DRIVEN, 5, cancelling).await;
    assert!(cuts > 80, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_time_is_accounted_for_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&PAUSED, (8, 9), buffered).await;
    in_every_order_on_sqlite(&DRIVEN, (3, 9), cancelling).await;
}
