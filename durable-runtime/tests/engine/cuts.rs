//! A process that is cut before and after each of its calls to the store, on memory, and at some of them on
//! SQLite: with an interval, a pause that an error chooses, a body that blocks its thread, and a start
//! with a signal.

use crate::activities::{linked_worker, worker_with};
use crate::faulty::{Fault, FaultyStore};
use crate::support::{Bench, Running, START, bench, elsewhere, leased, on_sqlite, value};
use durable_runtime::activity;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

/// On SQLite one of so many calls is cut.
const SHARE: usize = 3;

/// Starts a workflow `w`, has its worker cut at the `n`-th call, and lets another one bring it to its
/// end. `None` if it ends before that.
async fn cut(
    bench: &Bench,
    (n, fault): (usize, Fault),
    start: &impl AsyncFn(Client),
) -> Option<RunRecord> {
    start(elsewhere(bench)).await;
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let first = Running::new(linked_worker(store.clone(), bench, &leased()));
    let record = tokio::select! {
        record = bench.end("w") => record,
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = worker_with(bench, &leased());
            let record = bench.end("w").await;
            second.stop().await;
            record
        }
    };
    store.fired().then_some(record)
}

/// Cuts everywhere, which is at more than `least` calls, and looks at each end.
async fn everywhere(
    least: usize,
    start: impl AsyncFn(Client),
    check: impl AsyncFn(&Bench, &RunRecord, &str),
) {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let bench = bench();
            let Some(record) = cut(&bench, (n, fault), &start).await else {
                assert!(n > least, "only {n} calls were cut");
                break;
            };
            check(&bench, &record, &format!("{fault:?} at call {n}")).await;
        }
    }
    for n in (0..).step_by(SHARE) {
        let (bench, _folder) = on_sqlite(bench()).await;
        let fault = [Fault::CutBefore, Fault::CutAfter][n % 2];
        let Some(record) = cut(&bench, (n, fault), &start).await else {
            assert!(n > least / 2, "only {n} calls were cut");
            break;
        };
        let at = format!("{fault:?} at call {n} on SQLite");
        check(&bench, &record, &at).await;
    }
}

/// How much later than its lease a dead worker's runs go on, in milliseconds.
const LATE_MAX: i64 = 15_000;

/// The times of four ticks; the work of the second takes more than a period.
#[workflow]
async fn ticks_on() -> Result<Vec<SystemTime>, Error> {
    let mut every = interval(Duration::from_secs(60));
    let mut times = Vec::new();
    for tick in 0..4 {
        every.tick().await?;
        times.push(now());
        if tick == 1 {
            sleep(Duration::from_secs(90)).await?;
        }
    }
    Ok(times)
}

#[tokio::test]
async fn an_interval_keeps_its_times_wherever_the_process_is_cut() {
    let start = async |client: Client| drop(start_ticks_on(&client, "w").await.unwrap());
    everywhere(6, start, async |_, record, at| {
        let times = value::<Result<Vec<SystemTime>, Error>>(record).unwrap();
        let millis = |time: SystemTime| {
            let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            i64::try_from(since.as_millis()).unwrap() - START.0
        };
        // The third one was missed and comes at once; the fourth is in time again.
        let late = times.iter().zip([0, 60_000, 150_000, 180_000]);
        let late: Vec<_> = late.map(|(time, due)| millis(*time) - due).collect();
        assert_eq!(late.len(), 4, "{at}");
        let first = late.iter().min().unwrap();
        assert!((0..LATE_MAX).contains(first), "W4: {late:?}, {at}");
        // The last is put off by nothing that came before.
        let before = late[..3].iter().all(|late| late == first);
        assert!(before || late[3] == *first, "{late:?}, {at}");
        assert!(late.iter().all(|late| *late < LATE_MAX), "{late:?}, {at}");
    })
    .await;
}

#[derive(Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("busy for {0} s")]
struct Busy(u64);

impl Busy {
    #[expect(clippy::unnecessary_wraps, reason = "as the attribute wants it")]
    fn pause(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.0))
    }
}

/// Is busy for ten minutes at first.
#[activity(retry(jitter = 0.0, next_delay = Busy::pause))]
async fn frequented() -> Result<u32, Busy> {
    match activity::context().expect("in an attempt").attempt {
        1 => Err(Busy(600)),
        attempt => Ok(attempt),
    }
}

#[workflow]
async fn waits_in_line() -> Result<u32, ActivityError<Busy>> {
    frequented().await
}

#[tokio::test]
async fn a_pause_that_an_error_has_chosen_is_kept_wherever_the_process_is_cut() {
    let start = async |client: Client| drop(start_waits_in_line(&client, "w").await.unwrap());
    everywhere(4, start, async |bench, record, at| {
        let attempt = value::<Result<u32, ActivityError<Busy>>>(record);
        assert_eq!(attempt, Ok(2), "C4: {at}");
        let failed = bench.attempts("w").await;
        assert_eq!(failed.len(), 1, "C1: {at}");
        let late = record.finished_at.unwrap().0 - START.0 - 600_000;
        assert!((0..LATE_MAX).contains(&late), "W4: {late}, {at}");
    })
    .await;
}

/// How often the body was begun.
static DUG: AtomicUsize = AtomicUsize::new(0);

/// Works on a thread of its own.
#[activity(blocking)]
fn digs(depth: u32) -> u32 {
    DUG.fetch_add(1, Ordering::SeqCst);
    depth + 1
}

#[workflow]
async fn digs_twice() -> Result<u32, Error> {
    let depth = digs(0).await.map_err(Error::msg)?;
    digs(depth).await.map_err(Error::msg)
}

#[tokio::test]
async fn a_blocking_body_counts_once_wherever_the_process_is_cut() {
    let start = async |client: Client| {
        DUG.store(0, Ordering::SeqCst);
        drop(start_digs_twice(&client, "w").await.unwrap());
    };
    everywhere(4, start, async |bench, record, at| {
        assert_eq!(value::<Result<u32, Error>>(record).unwrap(), 2, "C1: {at}");
        let begun = DUG.load(Ordering::SeqCst);
        assert!((2..=3).contains(&begun), "C4: {begun} were begun, {at}");
        assert!(bench.attempts("w").await.len() <= 1, "C4: {at}");
    })
    .await;
}

const ADD: Signal<u32> = Signal::new("add");

/// Takes three.
#[workflow]
async fn takes_three() -> Result<Vec<u32>, Cancelled> {
    let mut all = Vec::new();
    while all.len() < 3 {
        all.push(ADD.recv().await?);
    }
    Ok(all)
}

#[tokio::test]
async fn a_start_with_a_signal_counts_once_wherever_the_process_is_cut() {
    let start = async |client: Client| {
        // One starts it; the second is sent again, as by somebody who has not heard of the first answer.
        for (number, id) in [(1, "a"), (2, "b"), (2, "b"), (3, "c")] {
            let start = start_takes_three(&client, "w").with_signal(ADD, number);
            drop(start.id(id).await.unwrap());
        }
    };
    everywhere(4, start, async |bench, record, at| {
        assert_eq!(record.phase, Phase::Completed, "S1: {at}");
        let all = value::<Result<Vec<u32>, Cancelled>>(record).unwrap();
        assert_eq!(all, [1, 2, 3], "W2: {at}");
        let late = takes_again(bench).await;
        assert_eq!(late, Some(record.run), "S2: {at}");
    })
    .await;
}

/// The run of which a late start with a signal hears.
async fn takes_again(bench: &Bench) -> Option<durable_runtime::id::RunId> {
    let start = start_takes_three(&elsewhere(bench), "w").with_signal(ADD, 4);
    match start.await {
        Err(StartError::AlreadyStarted(handle)) => Some(handle.run()),
        _ => None,
    }
}
