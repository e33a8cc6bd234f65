//! Cancellations and ends of workflows whose activities are on other queues.

use super::*;
use durable_runtime::activity;
use durable_runtime::store::{MessageKind, Phase};
use std::sync::Mutex;

const HOUR: Duration = Duration::from_secs(3_600);

/// What bodies of [`listening`] have done, by workflow.
static DONE: Mutex<Vec<(String, &'static str)>> = Mutex::new(Vec::new());

fn did(what: &'static str) {
    let workflow = activity::context().unwrap().workflow_id;
    DONE.lock().unwrap().push((workflow, what));
}

fn done(workflow: &str) -> Vec<&'static str> {
    let all = DONE.lock().unwrap();
    let own = all.iter().filter(|(of, _)| of == workflow);
    own.map(|(_, what)| *what).collect()
}

/// Works for an hour, and cleans up when it is told to stop.
#[activity(queue = "gpu", start_to_close = "2h", retry(jitter = 0.0))]
async fn listening() -> Result<String, String> {
    let cancelled = activity::cancellation();
    did("began");
    tokio::select! {
        biased;
        () = cancelled.cancelled() => {}
        () = activity::sleep(HOUR) => {
            did("whole");
            return Ok("whole".to_owned());
        }
    }
    did("told");
    cancelled.confirm().await
}

#[workflow]
async fn listens(kind: CancellationType) -> Acted {
    listening().cancellation(kind).await
}

fn of_queue(bench: &Bench) -> Running {
    let listening = registry::activity("listening").unwrap();
    let registry = Registry::new().with_activity(listening);
    Running::new(bench.prepare(&serving("gpu")).registry(registry))
}

async fn cancel(bench: &Bench, id: &str) {
    bench.send(id, "c", MessageKind::Cancel).await;
}

async fn did_so(workflow: &str, all: &[&str]) {
    let wait = async {
        while done(workflow) != all {
            tokio::task::yield_now().await;
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(20), wait).await;
    within.unwrap_or_else(|_| panic!("{workflow} did {:?}", done(workflow)));
}

const KINDS: [CancellationType; 3] = [
    CancellationType::Try,
    CancellationType::Wait,
    CancellationType::Abandon,
];

#[tokio::test]
async fn what_nobody_has_ends_with_a_cancellation() {
    for kind in KINDS {
        for (bench, _folder) in benches(|_, _| Behave::Return).await {
            let near = near(&bench);
            let client = elsewhere(&bench);
            let limits = Limits::default();
            let started = start_far_with(&client, "w", "a".to_owned(), limits, kind).await;
            started.unwrap();
            waiting(&bench, "w").await;
            cancel(&bench, "w").await;
            let record = bench.end("w").await;
            assert_eq!(record.phase, Phase::Cancelled, "{kind:?}");
            assert_eq!(value::<Acted>(&record), Err(ActivityError::Cancelled));
            is_clean(&bench, "w").await;
            let gpu = gpu(&bench, &serving("gpu"));
            gpu.ready().await;
            gpu.stop().await;
            assert_eq!(bench.names(), Vec::<String>::new());
            near.stop().await;
        }
    }
}

#[tokio::test]
async fn what_runs_is_told_of_a_cancellation_by_its_kind() {
    for kind in KINDS {
        for (at, (bench, _folder)) in benches(|_, _| Behave::Return).await.into_iter().enumerate() {
            let id = format!("listens {kind:?} {at}");
            let near = near(&bench);
            let gpu = of_queue(&bench);
            let guard = bench.clock.busy();
            let started = start_listens(&elsewhere(&bench), id.as_str(), kind).await;
            started.unwrap();
            did_so(&id, &["began"]).await;
            cancel(&bench, &id).await;
            let record = bench.end(&id).await;
            assert_eq!(record.phase, Phase::Cancelled, "{kind:?}");
            assert_eq!(value::<Acted>(&record), Err(ActivityError::Cancelled));
            is_clean(&bench, &id).await;
            if kind == CancellationType::Abandon {
                drop(guard);
                bench.pass(HOUR * 2).await;
                did_so(&id, &["began", "whole"]).await;
            } else {
                did_so(&id, &["began", "told"]).await;
                drop(guard);
            }
            near.stop().await;
            gpu.stop().await;
        }
    }
}

/// A body that does not listen is stopped, when its workflow is over for whatever reason.
#[tokio::test]
async fn what_runs_for_nobody_is_stopped() {
    for (bench, _folder) in benches(|_, _| Behave::Take(3_600_000)).await {
        let near = near(&bench);
        let one = WorkerOptions {
            max_activities: 1,
            ..serving("gpu")
        };
        let gpu = gpu(&bench, &one);
        let client = elsewhere(&bench);
        let guard = bench.clock.busy();
        let limits = Limits {
            one: Some(HOUR * 2),
            ..Limits::default()
        };
        let start = async |id: &str, kind| {
            let started = start_far_with(&client, id, id.to_owned(), limits, kind).await;
            started.unwrap();
        };
        start("try", CancellationType::Try).await;
        bench.attempted(1).await;
        cancel(&bench, "try").await;
        assert_eq!(bench.end("try").await.phase, Phase::Cancelled);
        // Its slot is free for the next.
        start("terminated", CancellationType::Try).await;
        bench.attempted(2).await;
        bench.send("terminated", "t", MessageKind::Terminate).await;
        assert_eq!(bench.end("terminated").await.phase, Phase::Terminated);
        is_clean(&bench, "terminated").await;
        start("last", CancellationType::Try).await;
        bench.attempted(3).await;
        drop(guard);
        let record = bench.end("last").await;
        assert_eq!(value::<Acted>(&record), Ok("last".to_owned()));
        assert_eq!(*bench.ended.lock().unwrap(), ["last"]);
        near.stop().await;
        gpu.stop().await;
    }
}

/// Under *wait*, a body that does not listen goes on to its end, and what it gives counts.
#[tokio::test]
async fn what_is_waited_for_may_end_as_if_nothing_were() {
    for (bench, _folder) in benches(|_, _| Behave::Take(60_000)).await {
        let near = near(&bench);
        let gpu = gpu(&bench, &serving("gpu"));
        let guard = bench.clock.busy();
        let limits = Limits {
            one: Some(HOUR),
            ..Limits::default()
        };
        let kind = CancellationType::Wait;
        let client = elsewhere(&bench);
        let started = start_far_with(&client, "w", "a".to_owned(), limits, kind).await;
        started.unwrap();
        bench.attempted(1).await;
        cancel(&bench, "w").await;
        let told = |tasks: &[TaskRecord]| tasks.iter().any(|task| task.cancelled);
        tasks(&bench, "w", told).await;
        drop(guard);
        let record = bench.end("w").await;
        assert_eq!(value::<Acted>(&record), Ok("a".to_owned()));
        assert_eq!(record.phase, Phase::Completed);
        is_clean(&bench, "w").await;
        near.stop().await;
        gpu.stop().await;
    }
}

/// Nobody begins a task that is to stop, and no worker of its queue is needed to say so.
#[tokio::test]
async fn what_is_to_stop_needs_no_other_worker_of_its_queue() {
    for (bench, _folder) in benches(|_, _| Behave::Take(3_600_000)).await {
        let near = near(&bench);
        let first = gpu(&bench, &serving("gpu"));
        let guard = bench.clock.busy();
        let limits = Limits {
            one: Some(HOUR * 2),
            ..Limits::default()
        };
        let kind = CancellationType::Wait;
        let client = elsewhere(&bench);
        let started = start_far_with(&client, "w", "a".to_owned(), limits, kind).await;
        started.unwrap();
        bench.attempted(1).await;
        first.kill().await;
        let run = run_of(&bench, "w").await;
        cancel(&bench, "w").await;
        let told = |tasks: &[TaskRecord]| tasks.iter().any(|task| task.cancelled);
        tasks(&bench, "w", told).await;
        let owner = bench.store.tasks(run).await.unwrap()[0].worker.unwrap();
        bench.store.retire(owner).await.unwrap();
        let record = bench.end("w").await;
        assert_eq!(value::<Acted>(&record), Err(ActivityError::Cancelled));
        is_clean(&bench, "w").await;
        let second = gpu(&bench, &serving("gpu"));
        second.ready().await;
        assert_eq!(bench.names(), ["a"], "the second did not begin it");
        drop(guard);
        near.stop().await;
        second.stop().await;
    }
}
