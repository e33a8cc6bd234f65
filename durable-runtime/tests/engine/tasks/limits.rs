//! Limits, turns and rates of the activities of a queue, with whole workers: whoever dies.

use super::*;
use crate::faulty::{Fault, FaultyStore};
use crate::support::START;
use durable_runtime::engine::Worker;
use durable_runtime::store::{QueueChange, Rate};
use std::sync::Arc;

/// What a call says of its turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Turn {
    priority: Option<u8>,
    fairness: Option<String>,
    key: Option<String>,
}

#[workflow]
async fn far_turn(name: String, turn: Turn) -> Acted {
    let mut call = act(name).queue("gpu");
    if let Some(priority) = turn.priority {
        call = call.priority(priority);
    }
    if let Some(key) = turn.fairness {
        call = call.fairness(key, 1.0);
    }
    if let Some(key) = turn.key {
        call = call.concurrency_key(key, 1);
    }
    call.await
}

/// A bench whose activities take a second.
fn second(_: &str, _: u32) -> Behave {
    Behave::Take(1_000)
}

async fn set(bench: &Bench, change: QueueChange) {
    bench.store.change_queue("gpu", change).await.unwrap();
}

async fn concurrency(bench: &Bench, limit: u32) {
    let change = QueueChange {
        activity_concurrency: Some(Some(limit)),
        ..QueueChange::default()
    };
    set(bench, change).await;
}

/// Starts workflows whose activities wait then, in this order.
async fn start_all(bench: &Bench, names: &[&str]) {
    for name in names {
        let client = elsewhere(bench);
        start_far(&client, *name, (*name).to_owned()).await.unwrap();
        waiting(bench, name).await;
    }
}

async fn all_end(bench: &Bench, names: &[&str]) {
    for name in names {
        let record = bench.end(name).await;
        assert_eq!(value::<Acted>(&record), Ok((*name).to_owned()));
        is_clean(bench, name).await;
    }
    assert_eq!(bench.store.task_queues().await, Ok(vec![]));
}

/// When attempts have begun, from the first on.
fn times(bench: &Bench) -> Vec<i64> {
    let mut times: Vec<_> = bench.seen().into_iter().map(|(.., at)| at).collect();
    times.sort_unstable();
    let first = times[0];
    times.into_iter().map(|at| at - first).collect()
}

#[tokio::test]
async fn no_more_activities_than_the_limit_run_at_all_workers() {
    for (bench, _folder) in benches(second).await {
        let names = ["a", "b", "c", "d", "e"];
        let near = near(&bench);
        concurrency(&bench, 2).await;
        start_all(&bench, &names).await;
        let workers = [(); 2].map(|()| gpu(&bench, &serving("gpu")));
        all_end(&bench, &names).await;
        assert_eq!(times(&bench), [0, 0, 1_000, 1_000, 2_000]);
        assert_eq!(bench.names().len(), 5, "each once");
        for worker in workers.into_iter().chain([near]) {
            worker.stop().await;
        }
    }
}

#[tokio::test]
async fn activities_of_a_queue_have_a_rate_at_all_workers() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let names = ["a", "b", "c", "d", "e", "f"];
        let near = near(&bench);
        let rate = Some(Some(Rate::new(2, Duration::from_secs(1))));
        let change = QueueChange {
            activity_rate: rate,
            ..QueueChange::default()
        };
        set(&bench, change).await;
        start_all(&bench, &names).await;
        let workers = [(); 2].map(|()| gpu(&bench, &serving("gpu")));
        all_end(&bench, &names).await;
        assert_eq!(times(&bench), [0, 0, 500, 1_000, 1_500, 2_000]);
        for worker in workers.into_iter().chain([near]) {
            worker.stop().await;
        }
    }
}

/// A priority is that of the workflow, unless the call has its own.
#[tokio::test]
async fn urgent_activities_go_first() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        let client = elsewhere(&bench);
        let calls = [
            ("last", 5, None),
            ("usual", 3, None),
            ("urgent", 1, None),
            ("lifted", 5, Some(2)),
        ];
        for (name, priority, own) in calls {
            let turn = Turn {
                priority: own,
                ..Turn::default()
            };
            let start = start_far_turn(&client, name, name.to_owned(), turn);
            start.priority(priority).await.unwrap();
            waiting(&bench, name).await;
        }
        concurrency(&bench, 1).await;
        let worker = gpu(&bench, &serving("gpu"));
        all_end(&bench, &calls.map(|(name, ..)| name)).await;
        assert_eq!(bench.names(), ["urgent", "lifted", "usual", "last"]);
        near.stop().await;
        worker.stop().await;
    }
}

/// The fairness key is that of the workflow, unless the call has its own.
#[tokio::test]
async fn a_key_with_many_activities_keeps_no_other_waiting() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        let client = elsewhere(&bench);
        let many: Vec<_> = (0..20).map(|n| format!("many {n:02}")).collect();
        for name in &many {
            let start = start_far(&client, name.as_str(), name.clone());
            start.fairness("many", 1.0).await.unwrap();
            waiting(&bench, name).await;
        }
        let one = Turn {
            fairness: Some("one".to_owned()),
            ..Turn::default()
        };
        let start = start_far_turn(&client, "one", "one".to_owned(), one);
        start.fairness("many", 1.0).await.unwrap();
        waiting(&bench, "one").await;
        concurrency(&bench, 1).await;
        let worker = gpu(&bench, &serving("gpu"));
        bench.end("one").await;
        for name in &many {
            bench.end(name).await;
        }
        let names = bench.names();
        let turn = names.iter().position(|name| name == "one");
        assert!(turn <= Some(1), "{names:?}");
        let others: Vec<_> = names.into_iter().filter(|name| name != "one").collect();
        assert_eq!(others, many);
        near.stop().await;
        worker.stop().await;
    }
}

/// The key of the workflow counts where the queue has a limit for each key, and its own limit, which
/// is for runs, does not.
#[tokio::test]
async fn activities_of_a_key_have_a_limit() {
    for (bench, _folder) in benches(second).await {
        let near = near(&bench);
        let client = elsewhere(&bench);
        let calls = [
            ("a1", None, Some("a")),
            ("a2", None, Some("a")),
            ("a3", Some("a"), None),
            ("b1", Some("b"), None),
            ("b2", Some("b"), None),
        ];
        for (name, of_run, of_call) in calls {
            let turn = Turn {
                key: of_call.map(str::to_owned),
                ..Turn::default()
            };
            let mut start = start_far_turn(&client, name, name.to_owned(), turn);
            if let Some(key) = of_run {
                start = start.concurrency_key(key, 9);
            }
            start.await.unwrap();
            waiting(&bench, name).await;
        }
        let worker = gpu(&bench, &serving("gpu"));
        let names = calls.map(|(name, ..)| name);
        all_end(&bench, &names).await;
        let begun = |name: &str| {
            bench
                .seen()
                .into_iter()
                .find(|own| own.0 == name)
                .unwrap()
                .2
        };
        assert_eq!(begun("a2") - begun("a1"), 1_000);
        // `a3` has no limit of its own: it does not pass `a2`, and begins beside it.
        assert_eq!(begun("a3"), begun("a2"));
        assert_eq!([begun("b1"), begun("b2")], [begun("a1"); 2]);
        worker.stop().await;
        near.stop().await;
    }
}

#[tokio::test]
async fn a_limit_that_is_raised_lets_activities_begin_at_once() {
    for (bench, _folder) in benches(second).await {
        let names = ["a", "b", "c", "d"];
        let near = near(&bench);
        concurrency(&bench, 1).await;
        start_all(&bench, &names).await;
        let no_time_passes = bench.clock.busy();
        let workers = [(); 2].map(|()| gpu(&bench, &serving("gpu")));
        bench.attempted(1).await;
        concurrency(&bench, 3).await;
        bench.attempted(3).await;
        // A lower one ends none, and lets none begin before there is room.
        concurrency(&bench, 1).await;
        drop(no_time_passes);
        all_end(&bench, &names).await;
        assert_eq!(times(&bench), [0, 0, 0, 1_000]);
        assert_eq!(bench.names().len(), 4, "each once");
        for worker in workers.into_iter().chain([near]) {
            worker.stop().await;
        }
    }
}

/// A pause before a retry holds no place, and the retry waits for one as the first attempt did.
#[tokio::test]
async fn a_pause_before_a_retry_holds_no_place() {
    let behave = |name: &str, attempt| match (name, attempt) {
        ("a", 1) => Behave::Fail,
        _ => Behave::Take(5_000),
    };
    for (bench, _folder) in benches(behave).await {
        let near = near(&bench);
        concurrency(&bench, 1).await;
        start_all(&bench, &["a", "b"]).await;
        let worker = gpu(&bench, &serving("gpu"));
        all_end(&bench, &["a", "b"]).await;
        assert_eq!(bench.names(), ["a", "b", "a"]);
        let times = times(&bench);
        assert!(times[1] < 500 && times[2] >= 5_000, "{times:?}");
        near.stop().await;
        worker.stop().await;
    }
}

#[tokio::test]
async fn the_places_of_a_killed_worker_are_free_after_its_lease() {
    for (bench, _folder) in benches(second).await {
        let near = near(&bench);
        concurrency(&bench, 1).await;
        start_all(&bench, &["a", "b"]).await;
        let no_time_passes = bench.clock.busy();
        let first = gpu(&bench, &mortal("gpu"));
        bench.attempted(1).await;
        first.kill().await;
        let second = gpu(&bench, &mortal("gpu"));
        second.ready().await;
        assert_eq!(bench.names(), ["a"]);
        drop(no_time_passes);
        bench.pass(mortal("gpu").lease * 2).await;
        all_end(&bench, &["a", "b"]).await;
        let times = times(&bench);
        let lease = i64::try_from(mortal("gpu").lease.as_millis()).unwrap();
        assert!(
            times[1] >= lease && times[2] >= times[1] + 1_000,
            "{times:?}"
        );
        assert_eq!(bench.names().len(), 3);
        near.stop().await;
        second.stop().await;
    }
}

/// Four activities where two may run, with a worker of theirs that is cut at its `n`-th call to the
/// store, beside another one, and then with a third. False if they end before that.
async fn cut(bench: &Bench, n: usize, fault: Fault) -> bool {
    let names = ["a", "b", "c", "d"];
    let near = near(bench);
    concurrency(bench, 2).await;
    start_all(bench, &names).await;
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let first = Worker::new(store.clone(), mortal("gpu")).registry(activities(bench));
    let first = Running::new(first.clock(Arc::new(bench.clock.clone())));
    let beside = gpu(bench, &mortal("gpu"));
    let at = format!("{fault:?} at call {n}");
    let mut third = None;
    tokio::select! {
        () = all_end(bench, &names) => {}
        () = store.cut() => {
            first.kill().await;
            bench.pass(mortal("gpu").lease * 2).await;
            third = Some(gpu(bench, &mortal("gpu")));
            all_end(bench, &names).await;
        }
    }
    // Of attempts that came to their ends no three were under way at a time.
    let mut begun: Vec<_> = bench.seen().into_iter().map(|(.., at)| at).collect();
    begun.sort_unstable();
    for from in &begun {
        let meanwhile = begun
            .iter()
            .filter(|at| (*from..from + 1_000).contains(*at));
        assert!(
            meanwhile.count() <= 2,
            "{at}: {:?} from {START:?}",
            bench.seen()
        );
    }
    assert!(begun.len() <= 6, "{at}: {:?}", bench.seen());
    for worker in [beside, near].into_iter().chain(third) {
        worker.stop().await;
    }
    store.fired()
}

#[tokio::test]
async fn a_limit_of_activities_holds_wherever_a_worker_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        for n in 0.. {
            let [(memory, _), (on_disk, _folder)] = benches(second).await;
            if !cut(&memory, n, fault).await {
                assert!(n > 5, "only {n} calls were cut");
                break;
            }
            cut(&on_disk, n, fault).await;
        }
    }
}
