//! Activities on other queues: workers of those queues carry them out, on both stores.

mod cancellation;
mod claims;
mod cuts;
mod limits;
mod lost;
mod surface;
mod time_outs;

use crate::support::{
    Behave, Bench, Running, act, client, elsewhere, leased, on_sqlite, options, value,
};
use durable_runtime::clock::Clock;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::id::RunId;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::TaskRecord;
use tempfile::TempDir;

/// How a call of `act` ends.
pub(super) type Acted = Result<String, ActivityError<String>>;

/// Has `act` carried out at workers of `gpu`.
#[workflow]
pub(super) async fn far(name: String) -> Acted {
    act(name).queue("gpu").await
}

/// The same, with what is said of it in the test.
#[workflow]
pub(super) async fn far_with(name: String, limits: Limits, kind: CancellationType) -> Acted {
    let mut call = act(name).queue("gpu").cancellation(kind);
    if let Some(limit) = limits.start {
        call = call.schedule_to_start(limit);
    }
    if let Some(limit) = limits.one {
        call = call.timeout(limit);
    }
    if let Some(limit) = limits.all {
        call = call.deadline(limit);
    }
    if let Some(limit) = limits.beat {
        call = call.heartbeat(limit);
    }
    call.await
}

/// Time-outs; those that are left out are the activity's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Limits {
    pub(super) start: Option<Duration>,
    pub(super) one: Option<Duration>,
    pub(super) all: Option<Duration>,
    pub(super) beat: Option<Duration>,
}

/// Two side by side, here and there.
#[workflow]
async fn far_and_near() -> (Acted, Acted) {
    join!(act("far".to_owned()).queue("gpu"), act("near".to_owned()))
}

/// A bench in memory, and one on SQLite with the folder that it lives in.
pub(super) async fn benches(
    behaviour: impl Fn(&str, u32) -> Behave + Copy + Send + Sync + 'static,
) -> [(Bench, Option<TempDir>); 2] {
    let (on_disk, folder) = on_sqlite(Bench::new(behaviour)).await;
    [(Bench::new(behaviour), None), (on_disk, Some(folder))]
}

/// A worker of this queue; a run that waits leaves its memory at once.
pub(super) fn serving(queue: &str) -> WorkerOptions {
    WorkerOptions {
        queue: queue.to_owned(),
        park_after: Duration::ZERO,
        ..options()
    }
}

/// One whose lease can end.
pub(super) fn mortal(queue: &str) -> WorkerOptions {
    let lease = leased().lease;
    WorkerOptions {
        lease,
        ..serving(queue)
    }
}

/// All workflows, and no activity.
pub(super) fn workflows() -> Registry {
    registry::workflows().fold(Registry::new(), Registry::with_workflow)
}

/// No workflow, and `act`.
pub(super) fn activities(bench: &Bench) -> Registry {
    Registry::new().with_activity_fn("act", bench.body())
}

/// A worker of workflows.
pub(super) fn near(bench: &Bench) -> Running {
    Running::new(bench.prepare(&serving("default")).registry(workflows()))
}

/// A worker of `gpu`.
pub(super) fn gpu(bench: &Bench, options: &WorkerOptions) -> Running {
    Running::new(bench.prepare(options).registry(activities(bench)))
}

pub(super) async fn run_of(bench: &Bench, id: &str) -> RunId {
    bench.until(id, |_| true).await.run
}

/// Waits until the tasks of a workflow are like this.
pub(super) async fn tasks(
    bench: &Bench,
    id: &str,
    condition: impl Fn(&[TaskRecord]) -> bool,
) -> Vec<TaskRecord> {
    let run = run_of(bench, id).await;
    let wait = async {
        loop {
            let found = bench.store.tasks(run).await.unwrap();
            if condition(&found) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(20), wait);
    within.await.expect("within 20 s")
}

/// Waits until a task of a workflow is there and nobody has it.
pub(super) async fn waiting(bench: &Bench, id: &str) {
    let open = |tasks: &[TaskRecord]| tasks.iter().any(|task| task.worker.is_none());
    tasks(bench, id, open).await;
}

/// Nothing is left of its tasks, its notes and its mail.
pub(super) async fn is_clean(bench: &Bench, id: &str) {
    let run = run_of(bench, id).await;
    assert_eq!(bench.store.tasks(run).await, Ok(vec![]));
    assert_eq!(bench.store.notes(run).await, Ok(vec![]));
    assert_eq!(bench.store.inbox(run).await, Ok(vec![]));
}

#[tokio::test]
async fn an_activity_runs_at_a_worker_of_its_queue() {
    for (bench, _folder) in benches(|_, _| Behave::Take(5_000)).await {
        let near = near(&bench);
        let gpu = gpu(&bench, &serving("gpu"));
        near.ready().await;
        let client = elsewhere(&bench);
        let handle = start_far(&client, "w", "a".to_owned()).await.unwrap();
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        assert_eq!(bench.names(), ["a"]);
        let run = run_of(&bench, "w").await;
        assert_eq!(bench.log.lock().unwrap()[0].key, format!("{run}/1"));
        assert_eq!(bench.attempts("w").await, []);
        is_clean(&bench, "w").await;
        let queues = bench.store.task_queues().await;
        assert_eq!(queues, Ok(vec![]));
        near.stop().await;
        gpu.stop().await;
    }
}

#[tokio::test]
async fn an_activity_of_the_workers_own_queue_stays_there() {
    for (bench, _folder) in benches(|_, _| Behave::Take(5_000)).await {
        let worker = bench.worker_with(&serving("gpu"));
        let worker = {
            worker.stop().await;
            let registry = workflows().with_activity_fn("act", bench.body());
            Running::new(bench.prepare(&serving("gpu")).registry(registry))
        };
        worker.ready().await;
        let guard = bench.clock.busy();
        let client = client(&bench, &worker);
        let handle = start_far(&client, "w", "a".to_owned())
            .queue("gpu")
            .await
            .unwrap();
        bench.attempted(1).await;
        assert_eq!(
            bench.store.tasks(run_of(&bench, "w").await).await,
            Ok(vec![])
        );
        drop(guard);
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        worker.stop().await;
    }
}

#[tokio::test]
async fn both_sides_of_a_join_run_where_they_belong() {
    let take = |name: &str, _| Behave::Take(if name == "far" { 9_000 } else { 4_000 });
    for (bench, _folder) in benches(take).await {
        let registry = workflows().with_activity_fn("act", bench.body());
        let near = Running::new(bench.prepare(&serving("default")).registry(registry));
        let gpu = gpu(&bench, &serving("gpu"));
        near.ready().await;
        let guard = bench.clock.busy();
        let handle = start_far_and_near(&elsewhere(&bench), "w").await.unwrap();
        bench.attempted(2).await;
        drop(guard);
        let both = (Ok("far".to_owned()), Ok("near".to_owned()));
        assert_eq!(handle.result().await.unwrap(), both);
        assert_eq!(bench.names().len(), 2);
        is_clean(&bench, "w").await;
        near.stop().await;
        gpu.stop().await;
    }
}

/// What fails there is repeated there, by the policy of the call.
#[tokio::test]
async fn failures_are_repeated_by_the_policy() {
    let behaviour = |name: &str, attempt| match (name, attempt) {
        ("good", 1) => Behave::Fail,
        ("good", 2) => Behave::Panic,
        ("bad", _) => Behave::FailForGood,
        _ => Behave::Return,
    };
    for (bench, _folder) in benches(behaviour).await {
        let near = near(&bench);
        let gpu = gpu(&bench, &serving("gpu"));
        near.ready().await;
        let client = elsewhere(&bench);
        let good = start_far(&client, "good", "good".to_owned()).await.unwrap();
        assert_eq!(good.result().await.unwrap(), Ok("good".to_owned()));
        let failed = bench.attempts("good").await;
        let failed: Vec<_> = failed
            .iter()
            .map(|a| (a.attempt, a.error.as_str()))
            .collect();
        assert_eq!(failed, [(1, "no good"), (2, "panicked: oh good")]);
        let tried: Vec<_> = bench.seen();
        assert_eq!(
            tried.iter().map(|(_, n, _)| *n).collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert!(tried[1].2 - tried[0].2 >= 1_000, "{tried:?}");
        assert!(tried[2].2 - tried[1].2 >= 2_000, "{tried:?}");
        let bad = start_far(&client, "bad", "bad".to_owned()).await.unwrap();
        let error = ActivityError::Failed("no bad".to_owned());
        assert_eq!(bad.result().await.unwrap(), Err(error));
        assert_eq!(bench.attempts("bad").await.len(), 1, "no other follows");
        is_clean(&bench, "good").await;
        is_clean(&bench, "bad").await;
        near.stop().await;
        gpu.stop().await;
    }
}

#[tokio::test]
async fn a_worker_without_the_activity_leaves_it_to_others() {
    for (bench, _folder) in benches(|_, _| Behave::Return).await {
        let near = near(&bench);
        let without = Running::new(bench.prepare(&serving("gpu")).registry(workflows()));
        near.ready().await;
        without.ready().await;
        let handle = start_far(&elsewhere(&bench), "w", "a".to_owned())
            .await
            .unwrap();
        waiting(&bench, "w").await;
        let queue = bench.store.task_queues().await.unwrap().remove(0);
        assert_eq!((queue.queue.as_str(), queue.waiting), ("gpu", 1));
        // It stops in good order without having had it.
        without.stop().await;
        waiting(&bench, "w").await;
        let gpu = gpu(&bench, &serving("gpu"));
        assert_eq!(handle.result().await.unwrap(), Ok("a".to_owned()));
        near.stop().await;
        gpu.stop().await;
    }
}

#[tokio::test]
async fn a_worker_takes_no_more_than_it_has_slots() {
    for (bench, _folder) in benches(|_, _| Behave::Take(5_000)).await {
        let near = near(&bench);
        near.ready().await;
        let client = elsewhere(&bench);
        for id in ["v", "w"] {
            start_far(&client, id, id.to_owned()).await.unwrap();
            waiting(&bench, id).await;
        }
        let guard = bench.clock.busy();
        let one = WorkerOptions {
            max_activities: 1,
            ..serving("gpu")
        };
        let first = gpu(&bench, &one);
        bench.attempted(1).await;
        let open = bench.store.task_queues().await.unwrap().remove(0);
        assert_eq!((open.waiting, open.running), (1, 1));
        // Another worker has a slot for it.
        let second = gpu(&bench, &one);
        bench.attempted(2).await;
        drop(guard);
        for id in ["v", "w"] {
            let record = bench.end(id).await;
            assert_eq!(value::<Acted>(&record), Ok(id.to_owned()));
        }
        assert_eq!(bench.names().len(), 2, "each once");
        near.stop().await;
        first.stop().await;
        second.stop().await;
    }
}
