//! A schedule whose time comes while somebody triggers it, fills a time of the past in, changes it, pauses
//! and resumes it, and its run before ends: by whatever policy, each time starts one run or is counted
//! as left out, and a pause starts none.

use super::audit::all_runs;
use super::{Course, DUE, Stage, in_every_order, in_every_order_on_sqlite, over, place};
use crate::support::{START, elsewhere};
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
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
    /// Somebody resumes it.
    Resume,
    /// Somebody wants the time ten seconds before the first run filled in.
    Backfill,
    /// Somebody adds another time.
    Update,
}

use Arrival::{Backfill, Due, End, Pause, Resume, Trigger, Update};

/// The time that is added.
const LATER: Timestamp = Timestamp(DUE.0 + 10_000);
/// The time that is filled in.
const PAST: Timestamp = Timestamp(START.0 - 10_000);

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
    async fn happens(self, stage: &mut Stage, overlap: Overlap) -> Option<Phase> {
        let client = elsewhere(&stage.bench);
        let schedule = client.schedule("s").await.unwrap();
        match self {
            Due => stage.until_due().await,
            Trigger => schedule.trigger().await.unwrap(),
            Pause => schedule.pause("not today").await.unwrap(),
            Resume => schedule.resume("again").await.unwrap(),
            Backfill => schedule.backfill(PAST, PAST, overlap).await.unwrap(),
            Update => {
                let longer = |schedule: Schedule| schedule.until(LATER);
                schedule.update(longer).await.unwrap();
            }
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
        let over = arrival.happens(&mut stage, overlap).await;
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
    let wanted = |arrival| u64::from(order.contains(&arrival));
    let asked = 1 + wanted(Trigger) + wanted(Backfill) + wanted(Update);
    let accounted = counts.started + counts.skipped + counts.repeated + counts.missed;
    let by_time = comes(order, course);
    let came = accounted.checked_sub(asked).filter(|came| *came <= 1);
    assert!(
        came.is_some_and(|came| by_time.is_none_or(|due| due == (came == 1))),
        "W5 {at}"
    );
    if matches!(overlap, Overlap::BufferAll | Overlap::AllowAll) {
        assert_eq!(counts.skipped, 0, "W5 {at}");
    }
    assert_eq!((counts.repeated, counts.missed), (0, 0), "W5 {at}");
    let due = runs.iter().filter(|run| run.id.as_str() == id(DUE));
    let due: Vec<_> = due.collect();
    assert!(due.len() <= usize::from(by_time != Some(false)), "W5 {at}");
    for run in due {
        assert!(run.created_at >= DUE, "W4 {at}");
        let by = run.scheduled.as_ref().map(|by| by.at);
        assert_eq!(by, Some(DUE), "W5 {at}");
    }
    let past = runs.iter().filter(|run| run.id.as_str() == id(PAST));
    assert!(past.count() as u64 <= wanted(Backfill), "W5 {at}");
    if overlap == Overlap::AllowAll {
        // They are in nobody's way, and nothing ends them.
        let ended = |run: &RunRecord| run.phase == Phase::Completed;
        assert!(runs.iter().all(ended), "W5 {at}");
        return faulty.fired();
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

/// Whether the time starts a run or is counted as left out; `None` if that depends on when somebody
/// looks: a pause, a resume and other times leave out what has not been looked at.
fn comes(order: &[Arrival], course: Course) -> Option<bool> {
    let due = place(order, Due).expect("it comes in all stories");
    let before = |arrival| place(order, arrival).filter(|at| *at < due);
    let paused = before(Pause).is_some_and(|pause| before(Resume) < Some(pause));
    let changed = [Pause, Resume, Update].into_iter();
    let later = changed
        .filter_map(|change| place(order, change))
        .any(|at| at > due);
    match (paused, later) {
        (true, _) => Some(false),
        (false, true) if !course.is_calm(order.len()) => None,
        (false, _) => Some(true),
    }
}

pub(super) const PAUSED: [Arrival; 4] = [Due, Trigger, End, Pause];
pub(super) const DRIVEN: [Arrival; 3] = [Due, Trigger, End];

const FILLED: [Arrival; 4] = [Due, Trigger, Backfill, End];
const RESUMED: [Arrival; 4] = [Due, Pause, Resume, End];
const CHANGED: [Arrival; 3] = [Due, Update, End];

/// The stories of one policy.
pub(super) fn by(overlap: Overlap) -> impl AsyncFn(Arc<dyn Store>, &[Arrival], Course) -> bool {
    async move |store, order, course| story(overlap, store, order, course).await
}

/// The policy and its arrivals, on the memory store.
async fn accounted_for(overlap: Overlap, arrivals: &[Arrival]) {
    let cuts = in_every_order(arrivals, 5, by(overlap)).await;
    let least = if arrivals.len() > 3 { 300 } else { 80 };
    assert!(cuts > least, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_time_is_accounted_for_beside_a_pause() {
    accounted_for(Overlap::BufferOne, &PAUSED).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_around_a_pause() {
    accounted_for(Overlap::BufferOne, &RESUMED).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_that_is_filled_in() {
    accounted_for(Overlap::BufferAll, &FILLED).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_whose_run_before_is_stopped() {
    accounted_for(Overlap::CancelOther, &DRIVEN).await;
    accounted_for(Overlap::TerminateOther, &DRIVEN).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_that_is_left_out_or_starts_beside_others() {
    accounted_for(Overlap::Skip, &DRIVEN).await;
    accounted_for(Overlap::Skip, &CHANGED).await;
    accounted_for(Overlap::AllowAll, &DRIVEN).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_beside_a_pause_on_sqlite() {
    in_every_order_on_sqlite(&PAUSED, (8, 9), by(Overlap::BufferOne)).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_whose_run_before_is_stopped_on_sqlite() {
    in_every_order_on_sqlite(&DRIVEN, (3, 9), by(Overlap::CancelOther)).await;
    in_every_order_on_sqlite(&DRIVEN, (3, 9), by(Overlap::TerminateOther)).await;
}

#[tokio::test]
async fn each_time_is_accounted_for_that_is_filled_in_on_sqlite() {
    in_every_order_on_sqlite(&FILLED, (12, 9), by(Overlap::BufferAll)).await;
}
