//! Pausing and resuming: nothing begins, nothing is lost, wherever the process is cut.

use crate::faulty::{Fault, FaultyStore};
use crate::signals::{ADD, start_collect};
use crate::support::{
    Behave, Bench, Op, Running, START, bench, call, client, elsewhere, leased, on_sqlite, output,
};
use durable_runtime::client::{ClientError, Handle};
use durable_runtime::clock::{Busy, Clock};
use durable_runtime::operation::{ActivityOptions, RetryPolicy};
use durable_runtime::store::{Phase, RunRecord, RunState};
use std::time::Duration;

const MINUTE: u64 = 60_000;

/// The run rests, and nobody has it in memory.
fn rests(run: &RunRecord) -> bool {
    run.paused.is_some() && !matches!(run.state, RunState::Owned(_))
}

async fn until_minute(bench: &Bench, minute: u64) -> Busy {
    let at = START.after(Duration::from_millis(minute * MINUTE));
    bench.clock.sleep_until(at).await
}

async fn handle(bench: &Bench, worker: &Running) -> Handle<()> {
    client(bench, worker).handle("s").await.unwrap()
}

fn minutes(bench: &Bench) -> Vec<(String, u32, i64)> {
    let minute = MINUTE.cast_signed();
    let seen = bench.seen().into_iter();
    seen.map(|(name, attempt, at)| (name, attempt, at / minute))
        .collect()
}

fn a_takes(millis: u64) -> Bench {
    Bench::new(move |name, _| match name {
        "a" => Behave::Take(millis),
        _ => Behave::Return,
    })
}

#[tokio::test]
async fn what_is_under_way_ends_and_nothing_begins() {
    let bench = a_takes(MINUTE);
    let worker = bench.worker();
    let now = bench.clock.busy();
    bench.start("s", &[call("a"), call("b")]).await;
    bench.attempted(1).await;
    let handle = handle(&bench, &worker).await;
    handle.pause("an outage").await.unwrap();
    handle.pause("another reason").await.unwrap();
    drop(now);
    let run = bench.until("s", rests).await;
    let paused = run.paused.expect("it rests");
    assert_eq!((&*paused.reason, paused.at), ("an outage", START));
    assert_eq!(*bench.ended.lock().unwrap(), ["a"]);
    let now = until_minute(&bench, 120).await;
    assert_eq!(bench.names(), ["a"]);
    handle.resume().await.unwrap();
    handle.resume().await.unwrap();
    drop(now);
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "b"]);
    let expected = [("a".to_owned(), 1, 0), ("b".to_owned(), 1, 120)];
    assert_eq!(minutes(&bench), expected, "what a has given was kept");
    worker.stop().await;
}

#[tokio::test]
async fn a_timer_that_is_due_in_a_pause_fires_when_the_run_goes_on() {
    let bench = bench();
    let worker = bench.worker();
    let now = bench.clock.busy();
    bench.start("s", &[Op::Sleep(30 * MINUTE), call("b")]).await;
    bench
        .until(
            "s",
            |run| matches!(run.state, RunState::Waiting(at) if at > START),
        )
        .await;
    let handle = handle(&bench, &worker).await;
    handle.pause("lunch").await.unwrap();
    drop(now);
    let now = until_minute(&bench, 60).await;
    assert_eq!(bench.names(), [""; 0]);
    handle.resume().await.unwrap();
    drop(now);
    assert_eq!(output(&bench.end("s").await).unwrap(), ["slept", "b"]);
    assert_eq!(minutes(&bench), [("b".to_owned(), 1, 60)]);
    // One that is resumed in time is not late.
    let now = bench.clock.busy();
    bench.start("t", &[Op::Sleep(30 * MINUTE), call("c")]).await;
    let handle = client(&bench, &worker).handle::<()>("t").await.unwrap();
    handle.pause("a mistake").await.unwrap();
    handle.resume().await.unwrap();
    drop(now);
    bench.end("t").await;
    assert_eq!(minutes(&bench)[1], ("c".to_owned(), 1, 90));
    worker.stop().await;
}

#[tokio::test]
async fn a_run_that_has_not_begun_waits_too() {
    let bench = bench();
    let now = bench.clock.busy();
    bench.start("s", &[call("a")]).await;
    let handle = elsewhere(&bench).handle::<()>("s").await.unwrap();
    handle.pause("not yet").await.unwrap();
    let worker = bench.worker();
    drop(now);
    let now = until_minute(&bench, 10).await;
    assert_eq!(bench.names(), [""; 0]);
    handle.resume().await.unwrap();
    drop(now);
    bench.end("s").await;
    assert_eq!(minutes(&bench), [("a".to_owned(), 1, 10)]);
    worker.stop().await;
}

#[tokio::test]
async fn a_failure_is_repeated_when_the_run_goes_on() {
    let bench = Bench::new(|name, attempt| match (name, attempt) {
        ("a", 1) => Behave::Fail,
        _ => Behave::Return,
    });
    let retry = RetryPolicy {
        initial: Duration::from_secs(60),
        jitter: 0.0,
        ..RetryPolicy::default()
    };
    let options = ActivityOptions {
        retry,
        ..ActivityOptions::default()
    };
    let worker = bench.worker();
    let now = bench.clock.busy();
    bench
        .start("s", &[Op::CallWith("a".to_owned(), options)])
        .await;
    bench.attempted(1).await;
    let handle = handle(&bench, &worker).await;
    handle.pause("an outage").await.unwrap();
    drop(now);
    let now = until_minute(&bench, 30).await;
    bench.until("s", rests).await;
    handle.resume().await.unwrap();
    drop(now);
    bench.end("s").await;
    let expected = [("a".to_owned(), 1, 0), ("a".to_owned(), 2, 30)];
    assert_eq!(minutes(&bench), expected);
    worker.stop().await;
}

#[tokio::test]
async fn a_pause_outlives_the_workers() {
    let bench = a_takes(MINUTE);
    let mut now = bench.clock.busy();
    bench.start("s", &[call("a"), call("b")]).await;
    let first = bench.worker_with(&leased());
    let second = bench.worker_with(&leased());
    bench.attempted(1).await;
    let handle = elsewhere(&bench).handle::<()>("s").await.unwrap();
    handle.pause("a deploy").await.unwrap();
    // Whoever has it is gone before it knows, and one takes over.
    first.kill().await;
    second.kill().await;
    drop(now);
    now = until_minute(&bench, 1).await;
    for minute in [10, 20] {
        let worker = bench.worker_with(&leased());
        drop(now);
        bench.until("s", rests).await;
        now = until_minute(&bench, minute).await;
        worker.stop().await;
    }
    assert_eq!(bench.names(), ["a"], "an attempt was lost, none began");
    let workers = [bench.worker(), bench.worker()];
    handle.resume().await.unwrap();
    drop(now);
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "b"]);
    assert_eq!(bench.names(), ["a", "a", "b"]);
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_cancel_ends_a_pause() {
    for under_way in [false, true] {
        let bench = a_takes(30 * MINUTE);
        let worker = bench.worker();
        let now = bench.clock.busy();
        let first = if under_way {
            call("a")
        } else {
            Op::Sleep(30 * MINUTE)
        };
        bench.start("s", &[first, call("b")]).await;
        if under_way {
            bench.attempted(1).await;
        }
        let handle = handle(&bench, &worker).await;
        handle.pause("an outage").await.unwrap();
        if !under_way {
            bench.until("s", rests).await;
        }
        drop(now);
        let now = until_minute(&bench, 10).await;
        handle.cancel("not any more").await.unwrap();
        drop(now);
        let run = bench.end("s").await;
        assert_eq!((run.phase, run.paused), (Phase::Cancelled, None));
        let expected = ("clean-up".to_owned(), 1, 10);
        assert_eq!(minutes(&bench).last(), Some(&expected));
        let ended = handle.pause("too late").await;
        assert!(
            matches!(ended, Err(ClientError::Finished { .. })),
            "{ended:?}"
        );
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_paused_run_is_terminated_without_its_code() {
    for under_way in [false, true] {
        let bench = a_takes(30 * MINUTE);
        let worker = bench.worker();
        let now = bench.clock.busy();
        bench.start("s", &[call("a"), call("b")]).await;
        bench.attempted(1).await;
        let handle = handle(&bench, &worker).await;
        handle.pause("an outage").await.unwrap();
        if !under_way {
            drop(now);
            bench.until("s", rests).await;
        }
        handle.terminate("enough").await.unwrap();
        assert_eq!(bench.end("s").await.phase, Phase::Terminated);
        assert_eq!(bench.names(), ["a"]);
        worker.stop().await;
    }
}

#[tokio::test]
async fn messages_wait_for_the_end_of_a_pause() {
    let bench = bench();
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let handle = start_collect(&client, "s", 2).await.unwrap();
    bench.until("s", |run| run.state == RunState::Idle).await;
    handle.pause("an outage").await.unwrap();
    for value in [1, 2] {
        handle.signal(ADD, value).await.unwrap();
    }
    let now = until_minute(&bench, 10).await;
    let run = bench.until("s", rests).await;
    assert_eq!(bench.store.inbox(run.run).await.unwrap().len(), 2);
    handle.resume().await.unwrap();
    drop(now);
    assert_eq!(handle.result().await.unwrap().unwrap(), [1, 2]);
    worker.stop().await;
}

/// Pauses the run, looks for an hour that nothing begins, and lets it go on.
async fn an_hour_of_rest(bench: &Bench) {
    let handle = elsewhere(bench).handle::<()>("s").await.unwrap();
    match handle.pause("an outage").await {
        Ok(()) => {}
        Err(ClientError::Finished { .. }) => return,
        Err(error) => panic!("{error}"),
    }
    let run = bench
        .until("s", |run| rests(run) || run.phase != Phase::Running)
        .await;
    if run.phase == Phase::Running {
        let begun = bench.names();
        bench.pass(Duration::from_secs(3_600)).await;
        assert_eq!(bench.names(), begun);
        handle.resume().await.unwrap();
    }
}

/// A run is paused while its first activity is under way, by a worker that is cut at its `n`-th
/// call to the store. `None` if that does not come.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> Option<()> {
    let now = bench.clock.busy();
    let ops = [call("a"), Op::Sleep(10 * MINUTE), call("b")];
    bench.start("s", &ops).await;
    let (store, first) = FaultyStore::at_work(bench, n, fault);
    let link = first.link.clone();
    let story = async {
        bench.attempted(1).await;
        let handle = elsewhere(bench).handle::<()>("s").await.unwrap();
        handle.pause("an outage").await.unwrap();
        link.poke();
        drop(now);
        an_hour_of_rest(bench).await;
        bench.end("s").await;
    };
    tokio::select! {
        () = story => {}
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&leased());
            // Who has paused it does not know how far that came.
            an_hour_of_rest(bench).await;
            bench.end("s").await;
            second.stop().await;
        }
    }
    let record = bench.end("s").await;
    let context = format!("{fault:?} at call {n}");
    assert_eq!(output(&record).unwrap(), ["a", "slept", "b"], "{context}");
    let mut names = bench.names();
    assert!(names.len() <= 3, "{context}: {names:?}");
    names.dedup();
    assert_eq!(names, ["a", "b"], "{context}");
    bench.steps("s").await;
    store.fired().then_some(())
}

#[tokio::test]
async fn nothing_begins_in_a_pause_wherever_the_process_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut cuts = 0;
        while cut(&a_takes(MINUTE), cuts, fault).await.is_some() {
            cuts += 1;
        }
        assert!(cuts > 10, "only {cuts} calls were cut");
    }
}

#[tokio::test]
async fn nothing_begins_in_a_pause_wherever_the_process_is_cut_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let (bench, _folder) = on_sqlite(a_takes(MINUTE)).await;
            if cut(&bench, n, fault).await.is_none() {
                assert!(n > 10, "only {n} calls were cut");
                break;
            }
        }
    }
}
