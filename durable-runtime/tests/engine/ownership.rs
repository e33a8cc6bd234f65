//! Runs change hands: parked, released, taken over, and never in two hands at once.

use crate::faulty::{Fault, FaultyStore};
use crate::support::{Behave, Bench, Op, Running, START, call, options, output};
use durable_runtime::clock::Clock;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::store::{NewRun, Phase, RunState, Written};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

#[tokio::test]
async fn a_sleeper_is_a_row_that_any_worker_wakes_in_time() {
    let bench = Bench::new(|_, _| Behave::Return);
    let guard = bench.clock.busy();
    bench.start("s", &[Op::Sleep(3_600_000), call("a")]).await;
    let first = bench.worker();
    let due = START.after(Duration::from_secs(3_600));
    bench
        .until("s", |record| record.state == RunState::Waiting(due))
        .await;
    first.stop().await;
    let second = bench.worker();
    drop(guard);
    assert_eq!(output(&bench.end("s").await).unwrap(), ["slept", "a"]);
    assert_eq!(bench.seen(), [("a".to_owned(), 1, 3_600_000)]);
    second.stop().await;
}

#[tokio::test]
async fn a_timer_that_passed_while_nobody_was_there_fires_at_once() {
    let bench = Bench::new(|_, _| Behave::Return);
    let guard = bench.clock.busy();
    bench.start("s", &[Op::Sleep(3_600_000), call("a")]).await;
    let first = bench.worker();
    bench
        .until(
            "s",
            |record| matches!(record.state, RunState::Waiting(at) if at > START),
        )
        .await;
    first.kill().await;
    drop(guard);
    let late = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(9_000)))
        .await;
    let second = bench.worker();
    bench.end("s").await;
    assert_eq!(bench.seen(), [("a".to_owned(), 1, 9_000_000)]);
    drop(late);
    second.stop().await;
}

#[tokio::test]
async fn a_dead_workers_run_is_taken_over_in_the_middle_of_an_activity() {
    let bench = Bench::new(|_, _| Behave::Take(10_000));
    let leased = WorkerOptions {
        lease: Duration::from_secs(15),
        ..options()
    };
    let guard = bench.clock.busy();
    bench.start("s", &[call("a"), call("b")]).await;
    let first = bench.worker_with(&leased);
    bench.attempted(1).await;
    first.kill().await;
    drop(guard);
    drop(
        bench
            .clock
            .sleep_until(START.after(Duration::from_secs(16)))
            .await,
    );
    let second = bench.worker();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "b"]);
    let seen: Vec<_> = bench
        .log
        .lock()
        .unwrap()
        .iter()
        .map(|a| (a.attempt, a.key.clone()))
        .collect();
    assert_eq!(
        seen[0], seen[1],
        "the same attempt again, under the same key"
    );
    assert_eq!(bench.names(), ["a", "a", "b"]);
    second.stop().await;
}

/// The worker's third write is stalled until its lease is over and another has gone on.
#[tokio::test]
async fn a_stalled_worker_cannot_commit_and_starts_over() {
    let bench = Bench::new(|_, _| Behave::Return);
    let leased = WorkerOptions {
        lease: Duration::from_secs(15),
        ..options()
    };
    for stalled_at in 2..9 {
        let id = format!("s{stalled_at}");
        let store = FaultyStore::new(bench.store.clone(), stalled_at, Fault::Stall);
        let worker = Worker::new(store.clone(), leased.clone())
            .registry(bench.registry())
            .clock(Arc::new(bench.clock.clone()));
        bench
            .start(&id, &[call("a"), Op::Sleep(10), call("b"), call("c")])
            .await;
        let first = Running::new(worker);
        store.at_fault().await;
        // The stalled worker is busy as far as the clock knows, so a clock of its own is late.
        let late = durable_runtime::clock::VirtualClock::new(
            bench.clock.now().after(Duration::from_secs(60)),
        );
        let rescue = Worker::new(bench.store.clone(), options())
            .registry(bench.registry())
            .clock(Arc::new(late));
        let second = Running::new(rescue);
        let record = bench.end(&id).await;
        assert_eq!(output(&record).unwrap(), ["a", "slept", "b", "c"]);
        let steps = bench.steps(&id).await;
        second.stop().await;
        store.heal();
        // It is useful again, as a new incarnation.
        let after = format!("after {id}");
        bench.start(&after, &[call("d")]).await;
        assert_eq!(output(&bench.end(&after).await).unwrap(), ["d"]);
        assert_eq!(bench.steps(&id).await, steps, "nothing was added");
        first.stop().await;
    }
}

#[tokio::test]
async fn a_shutdown_lets_attempts_end_and_begins_nothing() {
    let bench = Bench::new(|_, _| Behave::Take(5_000));
    let guard = bench.clock.busy();
    bench.start("s", &[call("a"), call("b")]).await;
    let mut first = bench.worker();
    bench.attempted(1).await;
    first.stopping().await;
    drop(guard);
    first.stop().await;
    assert_eq!(bench.names(), ["a"]);
    assert_eq!(bench.steps("s").await.len(), 2, "its result is on record");
    let second = bench.worker();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a", "b"]);
    assert_eq!(bench.names(), ["a", "b"]);
    second.stop().await;
}

#[tokio::test]
async fn a_shutdown_stops_attempts_that_take_too_long() {
    let bench = Bench::new(|_, _| Behave::Take(50_000));
    bench.start("s", &[call("a")]).await;
    let guard = bench.clock.busy();
    let mut first = bench.worker();
    bench.attempted(1).await;
    first.stopping().await;
    drop(guard);
    first.stop().await;
    let record = bench.until("s", |_| true).await;
    assert_eq!(record.phase, Phase::Running);
    assert!(
        matches!(record.state, RunState::Waiting(_)),
        "{:?}",
        record.state
    );
    let second = bench.worker();
    bench.end("s").await;
    assert_eq!(bench.names(), ["a", "a"]);
    assert_eq!(bench.attempts("s").await, [], "a release is not a failure");
    second.stop().await;
}

#[tokio::test]
async fn the_same_id_starts_once() {
    let bench = Bench::new(|_, _| Behave::Return);
    let worker = bench.worker();
    worker.ready().await;
    let (a, b) = (
        bench.new_run("s", &[call("a")]),
        bench.new_run("s", &[call("b")]),
    );
    let first = a.run;
    assert_eq!(worker.link.start(a).await, Ok(Written::Started));
    match worker.link.start(b).await {
        Ok(Written::Exists(record)) => assert_eq!(record.run, first),
        other => panic!("{other:?}"),
    }
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    assert_eq!(bench.names(), ["a"], "the second ran no activity");
    worker.stop().await;
}

/// Two processes have drawn the same run id.
#[tokio::test]
async fn a_run_id_that_is_taken_hurts_nobody() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let elsewhere = bench.new_run("elsewhere", &[Op::Sleep(3_600_000)]);
    let guard = bench.clock.busy();
    let worker = bench.worker();
    worker.ready().await;
    let mine = bench.new_run("mine", &[call("a")]);
    assert_eq!(worker.link.start(mine.clone()).await, Ok(Written::Started));
    let later = NewRun {
        due_at: START.after(Duration::from_secs(7_200)),
        ..elsewhere.clone()
    };
    assert_eq!(bench.store.start(later).await, Ok(Written::Started));
    // In one batch with others, where this worker has the run in memory and where it has not.
    let twin = |of: &NewRun, id: &str| NewRun {
        run: of.run,
        ..bench.new_run(id, &[call("b")])
    };
    let (mine, elsewhere, free) = tokio::join!(
        worker.link.start(twin(&mine, "x")),
        worker.link.start(twin(&elsewhere, "y")),
        worker.link.start(bench.new_run("z", &[call("c")])),
    );
    assert_eq!(mine, Ok(Written::RunTaken));
    assert_eq!(elsewhere, Ok(Written::RunTaken));
    assert_eq!(free, Ok(Written::Started));
    drop(guard);
    assert_eq!(output(&bench.end("mine").await).unwrap(), ["a"]);
    assert_eq!(output(&bench.end("z").await).unwrap(), ["c"]);
    assert_eq!(
        output(&bench.end("elsewhere").await).unwrap(),
        ["slept"],
        "it lost nothing"
    );
    worker.stop().await;
}

#[tokio::test]
async fn a_born_owned_run_has_no_queue_row() {
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let worker = bench.worker();
    worker.ready().await;
    let guard = bench.clock.busy();
    worker
        .link
        .start(bench.new_run("s", &[call("a")]))
        .await
        .unwrap();
    let record = bench.until("s", |_| true).await;
    assert!(
        matches!(record.state, RunState::Owned(_)),
        "{:?}",
        record.state
    );
    assert_eq!(
        bench.steps("s").await.len(),
        1,
        "its first await came in the same commit"
    );
    drop(guard);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_share_the_work_without_doing_it_twice() {
    let bench = Bench::new(|_, _| Behave::Return);
    let ops = [call("a"), Op::Sleep(5_000), call("b")];
    for n in 0..60 {
        bench.start(&format!("s{n}"), &ops).await;
    }
    let few = WorkerOptions {
        claim_batch: 3,
        max_running: 5,
        ..options()
    };
    let workers = [bench.worker_with(&few), bench.worker_with(&few)];
    for n in 0..60 {
        let id = format!("s{n}");
        assert_eq!(output(&bench.end(&id).await).unwrap(), ["a", "slept", "b"]);
        bench.steps(&id).await;
    }
    let mut times = BTreeMap::new();
    for attempted in bench.log.lock().unwrap().iter() {
        *times.entry(attempted.key.clone()).or_insert(0) += 1;
    }
    assert_eq!(times.len(), 120);
    assert!(times.values().all(|times| *times == 1));
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test]
async fn no_more_activities_run_at_once_than_allowed() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let bench = Bench::new(|_, _| Behave::Take(1_000));
    let registry = {
        let inner = bench.registry().activity("act").unwrap().clone();
        let (running, most) = (running.clone(), most.clone());
        bench.registry().with_activity_fn(
            "act",
            Arc::new(move |context, args: &[u8]| {
                let body = inner(context, args)?;
                let (running, most) = (running.clone(), most.clone());
                Ok(Box::pin(async move {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let end = body.await;
                    running.fetch_sub(1, Ordering::SeqCst);
                    end
                }))
            }),
        )
    };
    for n in 0..10 {
        bench.start(&format!("s{n}"), &[call("a")]).await;
    }
    let worker = bench.prepare(&WorkerOptions {
        max_activities: 3,
        ..options()
    });
    let worker = Running::new(worker.registry(registry));
    for n in 0..10 {
        bench.end(&format!("s{n}")).await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
    worker.stop().await;
}

/// A look for dead workers stalls and holds all the room that there is, while a workflow is started.
#[tokio::test]
async fn a_start_is_seen_though_a_look_for_dead_workers_held_all_room() {
    let bench = Bench::new(|_, _| Behave::Return);
    // Blocked runs are looked for before, and the worker is registered.
    let sweep = 2;
    let store = FaultyStore::new(bench.store.clone(), sweep, Fault::Stall);
    let one = WorkerOptions {
        max_running: 1,
        poll_interval: Duration::from_secs(3_600),
        ..options()
    };
    let worker = Worker::new(store.clone(), one)
        .registry(bench.registry())
        .clock(Arc::new(bench.clock.clone()));
    let worker = Running::new(worker);
    store.at_fault().await;
    worker.ready().await;
    bench.start("s", &[call("a")]).await;
    store.watches(1).await;
    store.heal();
    bench.end("s").await;
    worker.stop().await;
}
