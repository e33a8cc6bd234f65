//! Time-outs and retries of whole workflows.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{
    Behave, Bench, Op, Running, START, act, bench, call, client, elsewhere, leased, on_sqlite,
    options, value,
};
use durable_runtime::client::ResultError;
use durable_runtime::clock::Clock;
use durable_runtime::engine::Worker;
use durable_runtime::prelude::*;
use durable_runtime::store::{Page, Phase, RunFilter, RunRecord, RunState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const GO: Signal<u32> = Signal::new("go");
const MINUTE: Duration = Duration::from_secs(60);

/// Has ten minutes, and waits for longer.
#[workflow(run_timeout = "10m")]
pub(crate) async fn late(how: String) -> Result<u32, Error> {
    act("begin".to_owned()).await.map_err(Error::msg)?;
    match &*how {
        "timer" => sleep(Duration::from_secs(3_600)).await?,
        "attempt" => {
            let limit = Duration::from_secs(7_200);
            let _ = act("long".to_owned()).timeout(limit).await;
        }
        "soon" => sleep(Duration::from_secs(599)).await?,
        _ => return Ok(GO.recv().await?),
    }
    Ok(1)
}

/// Fails as its activity does, and is tried three times.
#[workflow(retry(
    initial = "10s",
    max_attempts = 3,
    jitter = 0.0,
    non_retryable = |error: &String| error.contains("fatal")
))]
pub(crate) async fn fragile(what: String) -> Result<String, String> {
    let done = act(what.clone()).retry(RetryPolicy::none()).await;
    done.map_err(|error| format!("{what}: {error}"))
}

/// Continues every minute, for ever.
#[workflow(execution_timeout = "150s")]
pub(crate) async fn endless(runs: u32) -> Result<u32, Error> {
    sleep(Duration::from_secs(60)).await?;
    continue_as_new(endless(runs + 1)).await
}

/// Says how its child ended.
#[workflow]
pub(crate) async fn watcher(child: String, kind: String) -> Result<String, Error> {
    if kind == "fragile" {
        let child = fragile("a".to_owned()).spawn(child).await?;
        return Ok(format!("{:?}", child.await));
    }
    let child = late(kind).spawn(child).run_timeout(MINUTE).await?;
    Ok(match child.await {
        Err(ChildError::TimedOut { id, reason }) => format!("{id}: {reason}"),
        other => format!("{other:?}"),
    })
}

fn slow() -> Bench {
    Bench::new(|name, _| match name {
        "long" => Behave::Take(7_200_000),
        _ => Behave::Return,
    })
}

/// Fails so many times.
fn failing(times: u32) -> Bench {
    let left = AtomicU32::new(times);
    Bench::new(move |name, _| {
        if name == "begin" {
            return Behave::Return;
        }
        let one_less = |left: u32| left.checked_sub(1);
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) {
            Ok(_) => Behave::Fail,
            Err(_) => Behave::Return,
        }
    })
}

fn ended_at(record: &RunRecord) -> i64 {
    record.finished_at.expect("it ended").0 - START.0
}

/// All runs, oldest first.
async fn runs(bench: &Bench) -> Vec<RunRecord> {
    let page = Page {
        before: None,
        limit: 100,
    };
    let listing = bench.store.list(RunFilter::default(), page).await.unwrap();
    let mut runs = listing.runs;
    runs.reverse();
    runs
}

#[tokio::test]
async fn a_run_ends_when_its_time_is_over_and_not_earlier() {
    for (how, phase) in [
        ("timer", Phase::TimedOut),
        ("attempt", Phase::TimedOut),
        ("signal", Phase::TimedOut),
        ("soon", Phase::Completed),
    ] {
        let bench = slow();
        let worker = bench.worker();
        let handle = start_late(&client(&bench, &worker), "l", how.to_owned())
            .await
            .unwrap();
        let result = handle.result().await;
        let record = bench.end("l").await;
        assert_eq!(record.phase, phase, "{how}");
        if phase == Phase::TimedOut {
            assert_eq!(ended_at(&record), 600_000, "{how}");
            assert!(
                matches!(result, Err(ResultError::TimedOut { .. })),
                "{result:?}"
            );
            let error = record.error.as_deref();
            assert_eq!(error, Some("this run took longer than its run_timeout"));
        } else {
            assert_eq!(ended_at(&record), 599_000);
            assert_eq!(result.unwrap().unwrap(), 1);
        }
        worker.stop().await;
    }
}

#[tokio::test]
async fn an_outage_makes_it_late_and_nothing_more_is_done() {
    let bench = slow();
    let worker = bench.worker();
    let client = elsewhere(&bench);
    let start = |id: &str| {
        let ops = vec![Op::Sleep(7_200_000), call("never")];
        crate::support::start_script(&client, id, ops).execution_timeout(MINUTE * 180)
    };
    let guard = bench.clock.busy();
    start("s").await.unwrap();
    bench
        .until("s", |run| {
            matches!(run.state, RunState::Waiting(_)) && run.seq == 1
        })
        .await;
    worker.stop().await;
    drop(guard);
    // It may begin after five hours, and its time begins with that.
    start("delayed").delay(MINUTE * 300).await.unwrap();
    bench.pass(MINUTE * 310).await;
    let worker = bench.worker();
    let late = bench.end("s").await;
    assert_eq!((late.phase, late.output), (Phase::TimedOut, None));
    assert_eq!(
        late.error.as_deref(),
        Some("it took longer than its execution_timeout")
    );
    assert_eq!(bench.end("delayed").await.phase, Phase::Completed);
    assert_eq!(bench.names(), ["never"], "of the one that was delayed");
    worker.stop().await;
}

#[tokio::test]
async fn the_time_of_all_runs_together_is_limited() {
    let bench = bench();
    let worker = bench.worker();
    let handle = start_endless(&client(&bench, &worker), "e", 0)
        .await
        .unwrap();
    let result = handle.result().await;
    assert!(
        matches!(result, Err(ResultError::TimedOut { .. })),
        "{result:?}"
    );
    let ended: Vec<_> = runs(&bench)
        .await
        .iter()
        .map(|run| (run.phase, ended_at(run)))
        .collect();
    let expected = [
        (Phase::Continued, 60_000),
        (Phase::Continued, 120_000),
        (Phase::TimedOut, 150_000),
    ];
    assert_eq!(ended, expected);
    worker.stop().await;
}

#[tokio::test]
async fn a_failed_run_is_tried_again_and_the_result_is_that_of_the_last() {
    let bench = failing(2);
    let worker = bench.worker();
    let handle = start_fragile(&client(&bench, &worker), "f", "a".to_owned())
        .await
        .unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), "a");
    let seen: Vec<_> = bench.seen().into_iter().map(|(_, _, at)| at).collect();
    assert_eq!(seen, [0, 10_000, 30_000]);
    let runs = runs(&bench).await;
    let phases: Vec<_> = runs
        .iter()
        .map(|run| (run.phase, run.terms.failed))
        .collect();
    let expected = [
        (Phase::Failed, 0),
        (Phase::Failed, 1),
        (Phase::Completed, 2),
    ];
    assert_eq!(phases, expected);
    assert_eq!(runs[0].error.as_deref(), Some("a: no a"));
    worker.stop().await;
}

#[tokio::test]
async fn tries_end_with_the_policy_the_error_or_the_time() {
    for (what, limit, tries) in [("a", None, 3), ("fatal", None, 1), ("a", Some(15), 2)] {
        let bench = failing(9);
        let worker = bench.worker();
        let start = start_fragile(&client(&bench, &worker), "f", what.to_owned());
        let start = match limit {
            Some(limit) => start.execution_timeout(Duration::from_secs(limit)),
            None => start,
        };
        let result = start.await.unwrap().result().await.unwrap();
        assert_eq!(result, Err(format!("{what}: no {what}")));
        assert_eq!(bench.names().len(), tries, "{what} {limit:?}");
        assert_eq!(bench.end("f").await.phase, Phase::Failed);
        worker.stop().await;
    }
}

#[tokio::test]
async fn a_run_that_took_too_long_is_tried_again_too() {
    let bench = bench();
    let worker = bench.worker();
    let policy = RetryPolicy {
        max_attempts: Some(2),
        jitter: 0.0,
        ..RetryPolicy::default()
    };
    let start = start_late(&client(&bench, &worker), "l", "timer".to_owned()).retry(policy);
    let result = start.await.unwrap().result().await;
    assert!(
        matches!(result, Err(ResultError::TimedOut { .. })),
        "{result:?}"
    );
    let ended: Vec<_> = runs(&bench)
        .await
        .iter()
        .map(|run| (run.phase, ended_at(run)))
        .collect();
    let second = 600_000 + 1_000 + 600_000;
    assert_eq!(
        ended,
        [(Phase::TimedOut, 600_000), (Phase::TimedOut, second)]
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_parent_hears_of_the_last_try_and_of_a_time_out() {
    let bench = failing(2);
    let worker = bench.worker();
    let client = client(&bench, &worker);
    let watch = async |id: &str, kind: &str| {
        let start = start_watcher(&client, id, format!("{id}-child"), kind.to_owned());
        start.await.unwrap().result().await.unwrap().unwrap()
    };
    assert_eq!(watch("f", "fragile").await, "Ok(Ok(\"a\"))");
    let reason = "this run took longer than its run_timeout";
    assert_eq!(watch("t", "timer").await, format!("t-child: {reason}"));
    worker.stop().await;
}

#[tokio::test]
async fn what_is_cancelled_is_not_tried_again() {
    let bench = failing(9);
    let client = elsewhere(&bench);
    let handle = start_fragile(&client, "f", "a".to_owned()).await.unwrap();
    handle.cancel("enough").await.unwrap();
    let worker = bench.worker();
    let error = handle.result().await.unwrap().unwrap_err();
    assert!(error.contains("cancelled"), "{error}");
    assert_eq!(runs(&bench).await.len(), 1);
    worker.stop().await;
}

/// The worker is cut before or after each of its calls, and another one goes on.
#[tokio::test]
async fn tries_and_time_outs_survive_cuts_everywhere() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        let mut at = 0;
        while cut(&failing(2), fault, at).await {
            at += 1;
            assert!(at < 100, "the scenario does not end");
        }
        assert!(at > 8, "only {at} calls");
    }
}

/// The same on SQLite, at each third call.
#[tokio::test]
async fn tries_and_time_outs_survive_cuts_everywhere_on_sqlite() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for at in (0..).step_by(3) {
            let (bench, _folder) = on_sqlite(failing(2)).await;
            if !cut(&bench, fault, at).await {
                assert!(at > 8, "only {at} calls");
                break;
            }
        }
    }
}

async fn cut(bench: &Bench, fault: Fault, at: usize) -> bool {
    let store = FaultyStore::new(bench.store.clone(), at, fault);
    let worker = Worker::new(store.clone(), leased())
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let client = elsewhere(bench);
    let handle = start_fragile(&client, "f", "a".to_owned()).await.unwrap();
    let late = start_late(&client, "l", "signal".to_owned()).await.unwrap();
    let first = Running::new(worker);
    let ended = async {
        let late = late.outcome().await.unwrap();
        (handle.outcome().await.unwrap(), late)
    };
    let mut ended = std::pin::pin!(ended);
    let (tried, late) = tokio::select! {
        ended = &mut ended => ended,
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = bench.worker_with(&options());
            let ended = ended.await;
            second.stop().await;
            ended
        }
    };
    let context = format!("{fault:?} at call {at}");
    assert_eq!(late.phase, Phase::TimedOut, "{context}");
    assert!(ended_at(&bench.end("l").await) >= 600_000, "{context}");
    assert_eq!(tried.phase, Phase::Completed, "{context}");
    let tries = runs(bench)
        .await
        .iter()
        .filter(|run| run.workflow == "fragile")
        .count();
    // The first run's activity may have been repeated by the cut, without another run.
    assert!(
        tries == 3 || (tries == 2 && bench.names().len() >= 3),
        "{context}: {tries}"
    );
    let record = bench.end("f").await;
    assert_eq!(value::<Result<String, String>>(&record).unwrap(), "a");
    store.fired()
}
