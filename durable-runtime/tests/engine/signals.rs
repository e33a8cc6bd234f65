//! Signals: buffered, in order, taken once, and in races with timers, cancels and crashes.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{BROKEN, Behave, Bench, START, act, bench, client, elsewhere, leased, value};
use durable_runtime::clock::{Busy, Clock};
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunState, SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const COMPLETE: Signal<()> = Signal::new("complete");
const CANCEL: Signal<String> = Signal::new("cancel");
pub(crate) const ADD: Signal<u64> = Signal::new("add");

const DAY: u64 = 86_400;

/// Sends an e-mail every 30 days until it is told that this is enough.
#[workflow]
async fn remind() -> Result<String, Error> {
    loop {
        act("mail".to_owned()).await.map_err(Error::msg)?;
        select! {
            _ = sleep(Duration::from_secs(30 * DAY)) => {}
            enough = COMPLETE.recv() => {
                enough?;
                return Ok("done!".to_owned());
            }
        }
    }
}

/// Takes so many numbers.
#[workflow]
pub(crate) async fn collect(count: u64) -> Result<Vec<u64>, Cancelled> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(ADD.recv().await?);
    }
    Ok(all)
}

/// Takes so many numbers, and says how many came one after the other.
#[workflow]
async fn count_up(count: u64) -> Result<u64, Cancelled> {
    let mut next = 0;
    for _ in 0..count {
        if ADD.recv().await? == next {
            next += 1;
        }
    }
    Ok(next)
}

/// Buys after five seconds, unless it is told not to.
#[workflow]
async fn buy() -> Result<String, Error> {
    select! {
        reason = CANCEL.recv() => Ok(reason?),
        _ = sleep(Duration::from_secs(5)) => {
            act("check out".to_owned()).await.map_err(Error::msg)
        }
    }
}

/// Panics on what it takes while [`BROKEN`] is set.
#[workflow]
async fn stumble() -> Result<(u64, u64), Cancelled> {
    let first = ADD.recv().await?;
    assert!(!BROKEN.load(Ordering::SeqCst), "broken");
    Ok((first, ADD.recv().await?))
}

/// Waits until this long after the beginning; the clock stands while the guard lives.
async fn at(bench: &Bench, millis: u64) -> Busy {
    bench
        .clock
        .sleep_until(START.after(Duration::from_millis(millis)))
        .await
}

#[tokio::test]
async fn a_reminder_a_month_until_it_is_enough() {
    let bench = bench();
    let worker = bench.worker();
    let guard = bench.clock.busy();
    let later = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(91 * DAY)));
    let handle = start_remind(&client(&bench, &worker), "r").await.unwrap();
    drop(guard);
    let guard = later.await;
    bench.attempted(4).await;
    let month = i64::try_from(30 * DAY * 1_000).unwrap();
    let times: Vec<_> = bench.seen().into_iter().map(|(_, _, at)| at).collect();
    assert_eq!(times, [0, month, 2 * month, 3 * month]);
    handle.signal(COMPLETE, ()).await.unwrap();
    drop(guard);
    assert_eq!(handle.result().await.unwrap().unwrap(), "done!");
    assert_eq!(bench.names().len(), 4, "no fifth e-mail");
    worker.stop().await;
}

#[tokio::test]
async fn a_sleep_keeps_its_end_while_nobody_is_there() {
    let bench = bench();
    let guard = bench.clock.busy();
    let middle = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(45 * DAY)));
    let worker = bench.worker();
    start_remind(&client(&bench, &worker), "r").await.unwrap();
    bench.attempted(1).await;
    drop(guard);
    let guard = middle.await;
    bench.attempted(2).await;
    worker.stop().await;
    let end = START.after(Duration::from_secs(60 * DAY));
    let parked = bench
        .until("r", |record| record.state == RunState::Waiting(end))
        .await;
    assert_eq!(parked.phase, Phase::Running);
    drop(guard);
    // The end passes while no worker is there: it fires at once.
    let guard = at(&bench, 61 * DAY * 1_000).await;
    let worker = bench.worker();
    bench.attempted(3).await;
    assert_eq!(bench.seen()[2].2, i64::try_from(61 * DAY * 1_000).unwrap());
    drop(guard);
    worker.stop().await;
}

/// Cancels a purchase that late. With `down` the worker is away from 1 s to 10 s.
async fn cancelled_after(millis: u64, down: bool) -> (String, Vec<String>) {
    let bench = bench();
    let guard = bench.clock.busy();
    let sent = bench
        .clock
        .sleep_until(START.after(Duration::from_millis(millis)));
    let mut worker = Some(bench.worker());
    start_buy(&client(&bench, worker.as_ref().unwrap()), "b")
        .await
        .unwrap();
    if down {
        let due = RunState::Waiting(START.after(Duration::from_secs(5)));
        bench.until("b", |record| record.state == due).await;
        worker.take().unwrap().stop().await;
    }
    drop(guard);
    let guard = sent.await;
    let handle = elsewhere(&bench)
        .handle::<Result<String, Error>>("b")
        .await
        .unwrap();
    let sent = handle.signal(CANCEL, "no".to_owned()).await;
    if let Some(worker) = &worker {
        worker.link.poke();
    }
    drop(guard);
    if down {
        sent.unwrap();
        drop(at(&bench, 10_000).await);
        worker = Some(bench.worker());
    }
    let result = handle.result().await.unwrap().unwrap();
    worker.unwrap().stop().await;
    (result, bench.names())
}

#[tokio::test]
async fn a_cancel_just_before_the_time_is_up_wins() {
    for down in [false, true] {
        let (result, names) = cancelled_after(4_999, down).await;
        assert_eq!((result.as_str(), names.len()), ("no", 0), "down: {down}");
    }
}

#[tokio::test]
async fn a_late_cancel_changes_nothing() {
    for down in [false, true] {
        let (result, names) = cancelled_after(5_001, down).await;
        assert_eq!(result, "check out", "down: {down}");
        assert_eq!(names, ["check out"]);
    }
}

#[tokio::test]
async fn signals_wait_for_whoever_asks_and_come_in_order() {
    let bench = bench();
    let client = elsewhere(&bench);
    let handle = start_collect(&client, "c", 3).await.unwrap();
    for n in [3, 1] {
        handle.signal(ADD, n).await.unwrap();
    }
    // Nobody asks for this one.
    handle.signal(CANCEL, "no".to_owned()).await.unwrap();
    let worker = bench.worker();
    bench
        .until("c", |record| record.state == RunState::Idle)
        .await;
    handle.signal(ADD, 2).await.unwrap();
    worker.link.poke();
    assert_eq!(handle.result().await.unwrap(), Ok(vec![3, 1, 2]));
    assert_eq!(bench.steps("c").await.len(), 4);
    let error = handle.signal(ADD, 4).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "workflow `c` has already ended (completed)"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_repeated_id_counts_once_also_after_it_was_taken() {
    let bench = bench();
    let client = elsewhere(&bench);
    let handle = start_collect(&client, "c", 2).await.unwrap();
    handle.signal(ADD, 1).id("one").await.unwrap();
    handle.signal(ADD, 1).id("one").await.unwrap();
    let worker = bench.worker();
    bench
        .until("c", |record| record.state == RunState::Idle)
        .await;
    assert_eq!(bench.steps("c").await.len(), 2, "one was taken");
    handle.signal(ADD, 1).id("one").await.unwrap();
    handle.signal(ADD, 2).id("two").await.unwrap();
    worker.link.poke();
    assert_eq!(handle.result().await.unwrap(), Ok(vec![1, 2]));
    worker.stop().await;
}

#[tokio::test]
async fn a_name_with_a_slash_is_not_an_id_of_another_name() {
    let bench = bench();
    let handle = start_collect(&elsewhere(&bench), "c", 1).await.unwrap();
    for (name, id) in [("a/b", "c"), ("a", "b/c"), ("a/b/c", ""), ("a", "b/c")] {
        let value = serde_json::json!(1);
        handle.signal_json(name, &value).id(id).await.unwrap();
    }
    let unread = bench.store.inbox(handle.run()).await.unwrap();
    let names: Vec<_> = unread.iter().map(|signal| &*signal.name).collect();
    assert_eq!(names, ["a/b", "a", "a/b/c"]);
}

#[tokio::test]
async fn what_came_before_a_cancel_is_taken_before_it() {
    let bench = bench();
    let handle = start_collect(&elsewhere(&bench), "c", 3).await.unwrap();
    handle.signal(ADD, 1).await.unwrap();
    handle.cancel("enough").await.unwrap();
    handle.signal(ADD, 2).await.unwrap();
    let worker = bench.worker();
    assert_eq!(handle.result().await.unwrap(), Err(Cancelled));
    let record = bench.end("c").await;
    assert_eq!(record.phase, Phase::Cancelled);
    assert_eq!(bench.steps("c").await.len(), 3, "one was taken");
    worker.stop().await;
}

#[tokio::test]
async fn a_start_with_a_signal_starts_or_signals() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    for n in [1, 2] {
        let start = start_collect(&client, "c", 2).with_signal(ADD, n);
        start.await.unwrap();
    }
    let handle = client
        .handle::<Result<Vec<u64>, Cancelled>>("c")
        .await
        .unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(vec![1, 2]));
    let late = start_collect(&client, "c", 2).with_signal(ADD, 3).await;
    assert!(matches!(late, Err(StartError::AlreadyStarted(_))));
    let other = start_buy(&client, "c").with_signal(ADD, 3).await;
    assert!(matches!(other, Err(StartError::IdTaken { .. })));
    worker.stop().await;
}

#[tokio::test]
async fn a_panic_is_tried_again_with_the_same_signal() {
    let bench = bench();
    BROKEN.store(true, Ordering::SeqCst);
    let handle = start_stumble(&elsewhere(&bench), "s").await.unwrap();
    handle.signal(ADD, 1).await.unwrap();
    let worker = bench.worker();
    let failed = async {
        while bench.attempts("s").await.len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    failed.await;
    BROKEN.store(false, Ordering::SeqCst);
    handle.signal(ADD, 2).await.unwrap();
    worker.link.poke();
    assert_eq!(handle.result().await.unwrap(), Ok((1, 2)));
    worker.stop().await;
}

#[tokio::test]
async fn two_thousand_signals_to_one_workflow() {
    const COUNT: u64 = 2_000;
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let handle = start_count_up(&client, "c", COUNT).await.unwrap();
    for n in 0..COUNT {
        handle.signal(ADD, n).await.unwrap();
    }
    assert_eq!(handle.result().await.unwrap(), Ok(COUNT));
    worker.stop().await;
}

/// Signals come before and while a worker runs that is cut at its `n`-th call to the store.
/// `None` if it ends before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let client = elsewhere(bench);
    let handle = start_collect(&client, "c", 4).await.unwrap();
    handle.signal(ADD, 0).id("0").await.unwrap();
    handle.signal(ADD, 1).id("1").await.unwrap();
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let rest = async {
        bench
            .until("c", |record| record.state == RunState::Idle)
            .await;
        handle.signal(ADD, 2).id("2").await.unwrap();
        bench
            .until("c", |record| record.state == RunState::Idle)
            .await;
        handle.signal(ADD, 3).id("3").await.unwrap();
        bench.end("c").await;
    };
    tokio::select! {
        () = rest => {}
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            // Whoever sends does not know what has arrived, and sends all of it again.
            for n in 0..4 {
                let sent = handle.signal(ADD, n).id(n.to_string()).await;
                assert!(sent.is_ok() || bench.end("c").await.phase == Phase::Completed);
            }
            bench.end("c").await;
            second.stop().await;
        }
    }
    let record = bench.end("c").await;
    let taken: Result<Vec<u64>, Cancelled> = value(&record);
    assert_eq!(taken, Ok(vec![0, 1, 2, 3]), "{fault:?} at call {n}");
    assert_eq!(bench.steps("c").await.len(), 5, "{fault:?} at call {n}");
    store.fired().then_some(())
}

#[tokio::test]
async fn each_signal_is_taken_once_wherever_the_process_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut cuts = 0;
        while cut(&bench(), cuts, fault).await.is_some() {
            cuts += 1;
        }
        assert!(cuts > 8, "only {cuts} calls were cut");
    }
}

#[tokio::test]
async fn each_signal_is_taken_once_wherever_the_process_is_cut_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("signals.db");
            let store = SqliteStore::open(path, SqliteOptions::default()).await;
            let bench = Bench::on(Arc::new(store.unwrap()), |_, _| Behave::Return);
            if cut(&bench, n, fault).await.is_none() {
                assert!(n > 8, "only {n} calls were cut");
                break;
            }
        }
    }
}

/// Notes so many ticks; the work of the second takes more than three periods.
#[workflow]
async fn ticks(count: u32) -> Result<(), Error> {
    let mut every = interval(Duration::from_secs(10));
    for tick in 0..count {
        every.tick().await?;
        act(format!("tick {tick}")).await.map_err(Error::msg)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_interval_does_not_drift_and_skips_what_was_missed() {
    let bench = Bench::new(|name, _| match name {
        "tick 1" => Behave::Take(35_000),
        _ => Behave::Take(1_000),
    });
    let worker = bench.worker();
    let handle = start_ticks(&client(&bench, &worker), "t", 5).await.unwrap();
    handle.result().await.unwrap().unwrap();
    let times: Vec<_> = bench.seen().into_iter().map(|(_, _, at)| at).collect();
    assert_eq!(times, [0, 10_000, 45_000, 50_000, 60_000]);
    worker.stop().await;
}
