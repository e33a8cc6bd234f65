//! Schedules with whole workers: times that are kept, runs in the way, what people ask.

mod broken;
mod once;
mod tagged;

use crate::support::{Behave, Bench, START, act, bench, client, elsewhere, value};
use durable_runtime::client::ScheduleError;
use durable_runtime::clock::Clock;
use durable_runtime::id::{ScheduleId, Timestamp};
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunFilter, RunRecord, ScheduleRow, ScheduleWrite};
use durable_runtime::{Overlap, Schedule, scheduled};
use std::sync::atomic::{AtomicUsize, Ordering};

const GO: Signal<u32> = Signal::new("go");
const MINUTE: Duration = Duration::from_secs(60);

/// Says what it knows of its schedule, before and after an await; its result counts up.
#[workflow]
async fn punctual(name: String) -> Result<(i64, u32), String> {
    let by = scheduled().ok_or("no schedule")?;
    act(name).await.map_err(|e| e.to_string())?;
    let again = scheduled().ok_or("no schedule any more")?;
    if by != again || by.schedule.as_str() != "s" {
        return Err("another schedule".to_owned());
    }
    let last = again.last_result::<Result<(i64, u32), String>>();
    let count = match last.transpose().map_err(|e| e.to_string())? {
        Some(Ok((_, count))) => count,
        _ => 0,
    };
    Ok((by.at.0, count + 1))
}

/// Takes as long as its schedule's times are apart, and half of that again.
#[workflow]
async fn slow() -> Result<(), Cancelled> {
    sleep(MINUTE * 3 / 2).await
}

/// Fails when it is told a number.
#[workflow]
async fn touchy() -> Result<u32, String> {
    let told = GO.recv().await.map_err(|e| e.to_string())?;
    Err(format!("told {told}"))
}

/// Goes on as a new run once.
#[workflow]
async fn renewed(first: bool) -> Result<Option<i64>, Error> {
    sleep(MINUTE / 4).await?;
    if first {
        return continue_as_new(renewed(false)).await;
    }
    Ok(scheduled().map(|by| by.at.0))
}

fn after(minutes: u32) -> Timestamp {
    START.after(MINUTE * minutes)
}

/// Every minute, counted from the start of the bench.
fn minutely() -> Schedule {
    let offset = u64::try_from(START.0 % 60_000).expect("small");
    Schedule::every(MINUTE).offset(Duration::from_millis(offset))
}

fn id(minutes: u32) -> String {
    format!("s-{}", time(after(minutes)))
}

fn time(at: Timestamp) -> String {
    let seconds = at.0 / 1000;
    format!("1970-01-01T00:{:02}:{:02}Z", seconds / 60, seconds % 60)
}

/// All runs, oldest first: id and phase.
async fn runs(bench: &Bench) -> Vec<(String, Phase)> {
    let page = durable_runtime::store::Page {
        before: None,
        limit: 1_000,
    };
    let listing = bench.store.list(RunFilter::default(), page).await.unwrap();
    let row = |run: &RunRecord| (run.id.to_string(), run.phase);
    listing.runs.iter().rev().map(row).collect()
}

/// Lets time pass until so many minutes after the start; the bench stands still then.
async fn pass(bench: &Bench, minutes: u32) -> durable_runtime::clock::Busy {
    bench
        .clock
        .sleep_until(Timestamp(after(minutes).0 + 1))
        .await
}

#[tokio::test]
async fn a_workflow_is_started_at_each_time_and_knows_it() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    let schedule = start_punctual(&client, "s", "a".to_owned())
        .on_schedule(minutely().limit(3))
        .await
        .unwrap();
    assert_eq!(schedule.describe().await.unwrap().upcoming.len(), 3);
    drop(hold);
    for minute in 1..=3 {
        let end = bench.end(&id(minute)).await;
        let said: Result<(i64, u32), String> = value(&end);
        assert_eq!(said, Ok((after(minute).0, minute)));
        assert_eq!(end.created_at, after(minute));
    }
    let seen = schedule.describe().await.unwrap();
    assert_eq!(seen.summary.counts.started, 3);
    assert_eq!((seen.summary.next, seen.upcoming.len()), (None, 0));
    assert_eq!(seen.recent.len(), 3);
    assert_eq!(seen.input, serde_json::json!({ "name": "a" }));
    worker.stop().await;
}

#[tokio::test]
async fn a_run_in_the_way_is_treated_by_policy() {
    // At minute 1 the first begins and needs until 2.5.
    let cases: [(Overlap, &[(u32, Phase)]); 5] = [
        (
            Overlap::Skip,
            &[(1, Phase::Completed), (3, Phase::Completed)],
        ),
        (
            Overlap::BufferAll,
            &[
                (1, Phase::Completed),
                (2, Phase::Completed),
                (3, Phase::Running),
            ],
        ),
        (
            Overlap::CancelOther,
            &[
                (1, Phase::Cancelled),
                (2, Phase::Cancelled),
                (3, Phase::Cancelled),
                (4, Phase::Running),
            ],
        ),
        (
            Overlap::TerminateOther,
            &[
                (1, Phase::Terminated),
                (2, Phase::Terminated),
                (3, Phase::Terminated),
                (4, Phase::Running),
            ],
        ),
        (
            Overlap::AllowAll,
            &[
                (1, Phase::Completed),
                (2, Phase::Completed),
                (3, Phase::Completed),
                (4, Phase::Running),
            ],
        ),
    ];
    for (overlap, expected) in cases {
        let bench = bench();
        let worker = bench.worker();
        worker.ready().await;
        let client = client(&bench, &worker);
        let hold = bench.clock.busy();
        start_slow(&client, "s")
            .on_schedule(minutely().overlap(overlap).limit(4))
            .await
            .unwrap();
        let moment = bench.clock.sleep_until(Timestamp(after(4).0 + 31_000));
        drop(hold);
        let _hold = moment.await;
        let expected: Vec<_> = expected
            .iter()
            .map(|(minute, phase)| (id(*minute), *phase))
            .collect();
        assert_eq!(runs(&bench).await, expected, "{overlap}");
        worker.kill().await;
    }
}

#[tokio::test]
async fn an_outage_is_caught_up_with_by_policy() {
    let bench = bench();
    let client = elsewhere(&bench);
    start_punctual(&client, "s", "a".to_owned())
        .on_schedule(
            minutely()
                .overlap(Overlap::BufferAll)
                .limit(100)
                .catch_up(MINUTE * 5),
        )
        .await
        .unwrap();
    let hold = pass(&bench, 8).await;
    assert_eq!(runs(&bench).await, []);
    let worker = bench.worker();
    drop(hold);
    for minute in 4..=8 {
        let said: Result<(i64, u32), String> = value(&bench.end(&id(minute)).await);
        assert_eq!(said, Ok((after(minute).0, minute - 3)));
    }
    let schedule = client.schedule("s").await.unwrap();
    assert_eq!(schedule.describe().await.unwrap().summary.counts.missed, 3);
    worker.kill().await;
}

#[tokio::test]
async fn a_pause_a_trigger_and_a_back_fill() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    let schedule = start_punctual(&client, "s", "a".to_owned())
        .on_schedule(minutely())
        .paused("not yet")
        .await
        .unwrap();
    let moment = bench.clock.sleep_until(Timestamp(after(5).0 + 500));
    drop(hold);
    let hold = moment.await;
    let seen = schedule.describe().await.unwrap().summary;
    assert_eq!((seen.paused, seen.note.as_str()), (true, "not yet"));
    assert_eq!((seen.next, runs(&bench).await), (None, vec![]));
    schedule.trigger().await.unwrap();
    let triggered = format!("{}-trigger-1", id(5).replace('Z', ".5Z"));
    assert_eq!(bench.end(&triggered).await.phase, Phase::Completed);
    let error = schedule
        .backfill(after(2), after(9), Overlap::BufferAll)
        .await
        .unwrap_err();
    assert!(matches!(error, ScheduleError::Range), "{error}");
    schedule
        .backfill(after(2), after(4), Overlap::BufferAll)
        .await
        .unwrap();
    for minute in 2..=4 {
        assert_eq!(bench.end(&id(minute)).await.phase, Phase::Completed);
    }
    // What has been started is not started again.
    schedule
        .backfill(after(1), after(3), Overlap::AllowAll)
        .await
        .unwrap();
    bench.end(&id(1)).await;
    assert_eq!(runs(&bench).await.len(), 5);
    let seen = schedule.describe().await.unwrap();
    assert_eq!(seen.summary.counts.repeated, 2);
    schedule.resume("now").await.unwrap();
    drop(hold);
    bench.end(&id(6)).await;
    assert_eq!(schedule.describe().await.unwrap().summary.note, "now");
    worker.kill().await;
}

#[tokio::test]
async fn a_failure_pauses_the_schedule() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    let schedule = start_touchy(&client, "s")
        .on_schedule(minutely().pause_on_failure(true))
        .await
        .unwrap();
    let moment = bench.clock.sleep_until(Timestamp(after(1).0 + 10));
    drop(hold);
    let _hold = moment.await;
    let run = client.handle::<Result<u32, String>>(id(1)).await.unwrap();
    run.signal(GO, 7).await.unwrap();
    run.result().await.unwrap().unwrap_err();
    let noted = async {
        loop {
            let seen = schedule.describe().await.unwrap();
            if seen.summary.paused {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    };
    let seen = tokio::time::timeout(Duration::from_secs(20), noted).await;
    let seen = seen.expect("within 20 s");
    let note = seen.summary.note;
    assert!(note.starts_with(&format!("{} failed: ", id(1))), "{note}");
    assert!(note.contains("told 7"), "{note}");
    assert_eq!(seen.recent[0].ended, Some(Phase::Failed));
    worker.kill().await;
}

#[tokio::test]
async fn a_schedule_is_changed_listed_and_deleted() {
    let bench = bench();
    let client = elsewhere(&bench);
    let schedule = start_slow(&client, "s")
        .on_schedule("0 2 * * *")
        .await
        .unwrap();
    let again = start_slow(&client, "s").on_schedule("0 3 * * *").await;
    assert!(matches!(again, Err(ScheduleError::Exists(s)) if s.id() == schedule.id()));
    let delayed = start_slow(&client, "t")
        .delay(MINUTE)
        .on_schedule("0 3 * * *");
    assert!(matches!(delayed.await, Err(ScheduleError::Meaningless(_))));
    let wrong = start_slow(&client, "t").on_schedule("0 25 * * *").await;
    assert!(matches!(wrong, Err(ScheduleError::Invalid(_))));
    schedule
        .update(|schedule| schedule.or_cron("0 3 * * *").zone("Europe/Berlin"))
        .await
        .unwrap();
    let wrong = schedule.update(|schedule| schedule.zone("Nowhere")).await;
    assert!(matches!(wrong, Err(ScheduleError::Invalid(_))));
    let listed = client.schedules(None, 9).await.unwrap();
    assert_eq!(listed.len(), 1);
    let text = listed[0].schedule.to_string();
    assert_eq!(text, "0 2 * * * or 0 3 * * * (Europe/Berlin)");
    assert_eq!(listed[0].workflow, "slow");
    schedule.delete().await.unwrap();
    let gone = schedule.describe().await;
    assert!(matches!(gone, Err(ScheduleError::NotFound(_))));
    assert!(client.schedules(None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn new_times_count_from_the_change_on() {
    let bench = bench();
    let client = elsewhere(&bench);
    let schedule = start_punctual(&client, "s", "a".to_owned())
        .on_schedule(Schedule::cron("0 0 1 1 *"))
        .await
        .unwrap();
    let hold = pass(&bench, 8).await;
    schedule
        .update(|_| minutely().overlap(Overlap::AllowAll))
        .await
        .unwrap();
    let worker = bench.worker();
    drop(hold);
    bench.end(&id(9)).await;
    assert_eq!(runs(&bench).await[0].0, id(9));
    worker.kill().await;
}

#[tokio::test]
async fn a_run_that_goes_on_as_a_new_one_is_still_of_its_schedule() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    start_renewed(&client, "s", true)
        .on_schedule(minutely().limit(2))
        .await
        .unwrap();
    drop(hold);
    for minute in 1..=2 {
        let said: Result<Option<i64>, Error> = value(&bench.end(&id(minute)).await);
        assert_eq!(said.unwrap(), Some(after(minute).0));
    }
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_is_tried_again_is_still_of_its_schedule() {
    let calls = AtomicUsize::new(0);
    let bench = Bench::new(move |_, _| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Behave::FailForGood,
        _ => Behave::Return,
    });
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    let schedule = start_punctual(&client, "s", "a".to_owned())
        .retry(RetryPolicy::default())
        .on_schedule(minutely().limit(2).pause_on_failure(true))
        .await
        .unwrap();
    drop(hold);
    for minute in 1..=2 {
        let said: Result<(i64, u32), String> = value(&bench.end(&id(minute)).await);
        assert_eq!(said, Ok((after(minute).0, minute)));
    }
    assert!(!schedule.describe().await.unwrap().summary.paused);
    worker.stop().await;
}

#[tokio::test]
async fn a_schedule_that_cannot_be_read_stops_no_other() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    for n in 0..100 {
        let write = ScheduleWrite {
            id: ScheduleId::new(format!("future-{n}")).unwrap(),
            expected: None,
            row: Some(ScheduleRow {
                due_at: Some(Timestamp(0)),
                definition: vec![0xc1],
                state: vec![0xc1],
            }),
            told: false,
            starts: vec![],
            sends: vec![],
        };
        bench.store.write_schedule(write).await.unwrap();
    }
    start_punctual(&client, "s", "a".to_owned())
        .on_schedule(minutely().limit(2))
        .await
        .unwrap();
    drop(hold);
    bench.end(&id(2)).await;
    worker.stop().await;
}
