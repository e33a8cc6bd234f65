//! Limits under calls that meet: many workers and clients at once, and never more than so many.

use crate::store_kit::{end, id, message, new_run};
use durable_runtime::id::{Incarnation, RunId, ScheduleId, Timestamp};
use durable_runtime::store::{
    self, Claim, Concurrency, Fence, MessageKind, NewRun, NewTask, NewWorker, Phase, QueueChange,
    Queueing, ScheduleRow, ScheduleWrite, ScheduleWritten, Store, TaskClaim, TaskOf, TaskWrite,
    Write, Written,
};
use postgres_for_tests::{is_there, schema};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use tokio::task::JoinSet;

const WORKERS: i64 = 4;
const LIMIT: usize = 2;

/// Each test with a store of its own, if there is a server.
fn with_store<F: Future<Output = ()>>(test: impl FnOnce(Arc<dyn Store>) -> F) {
    if is_there() {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let schema = schema();
            test(store::open(&schema.url).await.expect("a store")).await;
        });
    }
}

/// A worker that writes and claims with the beat that it has.
struct Worker {
    store: Arc<dyn Store>,
    fence: Fence,
}

impl Worker {
    async fn new(store: &Arc<dyn Store>, number: i64) -> Self {
        let (worker, lease_until) = (Incarnation(number), Timestamp(1 << 40));
        let new = NewWorker {
            worker,
            label: "worker".into(),
            points: vec![],
            lease_until,
        };
        store.register(new).await.expect("a new worker");
        let fence = Fence {
            worker,
            beat: 0,
            lease_until,
        };
        let store = Arc::clone(store);
        Self { store, fence }
    }

    async fn commit(&mut self, writes: Vec<Write>) -> Vec<Written> {
        let written = self.store.commit(self.fence, writes.into()).await;
        self.fence.beat += 1;
        written.expect("the fence holds")
    }

    async fn claim(&mut self) -> Vec<i64> {
        let claim = Claim {
            queue: "main".into(),
            points: vec!["order/".into()],
            unfit: vec![],
            now: Timestamp(100),
            limit: 3,
        };
        let claimed = self.store.claim(self.fence, claim).await;
        self.fence.beat += 1;
        let claimed = claimed.expect("the fence holds").into_iter();
        claimed.map(|claimed| claimed.run.run.0).collect()
    }

    async fn claim_tasks(&mut self) -> Vec<TaskOf> {
        let claim = TaskClaim {
            queue: "gpu".into(),
            activities: vec!["charge".into()],
            now: Timestamp(100),
            limit: 3,
            but: vec![],
        };
        let claimed = self.store.claim_tasks(self.fence, claim).await;
        self.fence.beat += 1;
        let claimed = claimed.expect("the fence holds").into_iter();
        claimed.map(|task| task.new.of).collect()
    }
}

fn key(number: i64) -> String {
    format!("key {}", number % 3)
}

fn keyed(number: i64, limit: usize) -> Queueing {
    let limit = u32::try_from(limit).expect("small");
    Queueing {
        concurrency: Some(Concurrency::new(key(number), limit)),
        ..Queueing::default()
    }
}

/// What is under way by key, as its workers see it: no sooner than the store does, and no longer.
#[derive(Default)]
struct UnderWay(Mutex<BTreeMap<String, usize>>);

impl UnderWay {
    fn begins(&self, key: &str, limit: usize) {
        let mut all = self.0.lock().expect("no panic");
        let count = all.entry(key.to_owned()).or_default();
        *count += 1;
        assert!(*count <= limit, "{count} of {key}");
    }

    fn ends(&self, key: &str) {
        let mut all = self.0.lock().expect("no panic");
        *all.get_mut(key).expect("it began") -= 1;
    }
}

/// Lets workers claim and end runs until so many have ended; `key` says of which key a run is.
async fn work(store: &Arc<dyn Store>, runs: i64, key: fn(i64) -> String, limit: usize) {
    let (ended, under_way) = (Arc::new(AtomicI64::new(0)), Arc::new(UnderWay::default()));
    let mut workers = JoinSet::new();
    for number in 1..=WORKERS {
        let (store, ended) = (Arc::clone(store), Arc::clone(&ended));
        let under_way = Arc::clone(&under_way);
        workers.spawn(async move {
            let mut worker = Worker::new(&store, number).await;
            while ended.load(Ordering::SeqCst) < runs {
                let claimed = worker.claim().await;
                for run in &claimed {
                    under_way.begins(&key(*run), limit);
                }
                tokio::task::yield_now().await;
                for run in claimed {
                    under_way.ends(&key(run));
                    let end = Write::End(end(run, Phase::Completed, 0));
                    assert_eq!(worker.commit(vec![end]).await, [Written::Done]);
                    ended.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
    }
    // One that fails ends the others.
    while let Some(worker) = workers.join_next().await {
        worker.expect("no panic");
    }
}

#[test]
fn never_more_of_a_key_are_under_way_than_may_be_and_none_is_left() {
    with_store(|store| async move {
        const RUNS: i64 = 120;
        let starts = (0..3).map(|client| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for run in (1..=RUNS).filter(|run| run % 3 == client) {
                    let new = NewRun {
                        // Each client starts runs of all keys.
                        queueing: keyed(run / 3, LIMIT),
                        ..new_run(run, None)
                    };
                    assert_eq!(store.start(new).await, Ok(Written::Started));
                }
            })
        });
        let starts: Vec<_> = starts.collect();
        work(&store, RUNS, |run| key(run / 3), LIMIT).await;
        for start in starts {
            start.await.expect("no panic");
        }
        let depth = store.depth("main", Timestamp(100), 1_000).await;
        assert_eq!(depth, Ok(0));
        assert_eq!(store.has_line("main").await, Ok(false));
    });
}

#[test]
fn a_limit_that_meets_starts_holds_for_all_of_them() {
    for round in 0..6 {
        with_store(|store| async move {
            const RUNS: i64 = 40;
            let starts = (0..4).map(|client| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    for run in (1..=RUNS).filter(|run| run % 4 == client) {
                        assert_eq!(store.start(new_run(run, None)).await, Ok(Written::Started));
                    }
                })
            });
            let starts: Vec<_> = starts.collect();
            let begun = async || {
                let depth = store.depth("main", Timestamp(100), 100).await;
                depth.expect("readable") >= 4 * round
            };
            while !begun().await {}
            let change = QueueChange {
                concurrency: Some(Some(2)),
                ..QueueChange::default()
            };
            store.change_queue("main", change).await.expect("a store");
            work(&store, RUNS, |_| "all".into(), LIMIT).await;
            for start in starts {
                start.await.expect("no panic");
            }
        });
    }
}

#[test]
fn terminations_and_pauses_that_meet_claims_lose_no_place() {
    with_store(|store| async move {
        const RUNS: i64 = 60;
        for run in 1..=RUNS {
            let new = NewRun {
                queueing: keyed(run, LIMIT),
                ..new_run(run, None)
            };
            assert_eq!(store.start(new).await, Ok(Written::Started));
        }
        let sends = [MessageKind::Terminate, MessageKind::Pause].map(|kind| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for run in (1..=RUNS).rev().step_by(2) {
                    let run = id(run);
                    let sent = |kind, msg| {
                        let message = store::NewMessage {
                            kind,
                            ..message(msg)
                        };
                        store.send(&run, message)
                    };
                    sent(kind, "a").await.expect("a store");
                    if kind == MessageKind::Pause {
                        sent(MessageKind::Resume, "b").await.expect("a store");
                    }
                }
            })
        });
        let mut worker = Worker::new(&store, 1).await;
        let mut ended = 0;
        loop {
            let claimed = worker.claim().await;
            let idle = claimed.is_empty();
            for run in claimed {
                let end = Write::End(end(run, Phase::Completed, 0));
                assert_eq!(worker.commit(vec![end]).await, [Written::Done]);
                ended += 1;
            }
            if idle && sends.iter().all(tokio::task::JoinHandle::is_finished) {
                let waits = store.depth("main", Timestamp(100), 1_000).await;
                if waits == Ok(0) {
                    break;
                }
            }
        }
        let running = store::RunFilter {
            phase: Some(Phase::Running),
            ..store::RunFilter::default()
        };
        assert_eq!(store.count(running).await, Ok(0), "of {ended} ended");
    });
}

#[test]
fn never_more_tasks_of_a_key_are_carried_out_than_may_be() {
    with_store(|store| async move {
        const TASKS: i64 = 90;
        let mut owner = Worker::new(&store, 100).await;
        owner
            .commit(vec![Write::Start(new_run(1, Some(100)))])
            .await;
        let put = tokio::spawn(async move {
            for number in 1..=TASKS {
                let put = TaskWrite::Put(NewTask {
                    of: task(number),
                    queue: "gpu".into(),
                    queueing: keyed(number, LIMIT),
                    activity: "charge".into(),
                    put_at: Timestamp(1),
                    body: vec![1],
                });
                assert_eq!(owner.commit(vec![Write::Task(put)]).await, [Written::Done]);
            }
        });
        let (ended, under_way) = (Arc::new(AtomicI64::new(0)), Arc::new(UnderWay::default()));
        let mut workers = JoinSet::new();
        for number in 1..=WORKERS {
            let (store, ended) = (Arc::clone(&store), Arc::clone(&ended));
            let under_way = Arc::clone(&under_way);
            workers.spawn(async move {
                let mut worker = Worker::new(&store, number).await;
                while ended.load(Ordering::SeqCst) < TASKS {
                    let claimed = worker.claim_tasks().await;
                    let keys = claimed.iter().map(|of| key(of.op.cast_signed()));
                    keys.for_each(|key| under_way.begins(&key, LIMIT));
                    tokio::task::yield_now().await;
                    for of in claimed {
                        under_way.ends(&key(of.op.cast_signed()));
                        let message = store::NewMessage {
                            kind: MessageKind::Activity,
                            ..message(&format!("task {}", of.op))
                        };
                        let report = Write::Task(TaskWrite::Report { of, message });
                        assert_eq!(worker.commit(vec![report]).await, [Written::Done]);
                        ended.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        // One that fails ends the others.
        while let Some(worker) = workers.join_next().await {
            worker.expect("no panic");
        }
        put.await.expect("no panic");
        let inbox = store.inbox(RunId(1)).await.expect("readable");
        assert_eq!(inbox.len(), usize::try_from(TASKS).expect("small"));
        assert_eq!(store.task_depth("gpu", 100).await, Ok((0, 0)));
    });
}

fn task(number: i64) -> TaskOf {
    TaskOf {
        run: RunId(1),
        op: number.cast_unsigned(),
        attempt: 1,
    }
}

#[test]
fn a_schedule_that_many_drive_starts_each_run_once() {
    with_store(|store| async move {
        const RUNS: i64 = 20;
        let schedule = ScheduleId::new("nightly").expect("an id");
        let row = || ScheduleRow {
            due_at: Some(Timestamp(1)),
            definition: vec![1],
            state: vec![2],
        };
        let write = |expected, starts| ScheduleWrite {
            id: schedule.clone(),
            expected,
            row: Some(row()),
            told: false,
            starts,
            sends: Vec::new(),
        };
        let made = store.write_schedule(write(None, Vec::new())).await;
        assert_eq!(made, Ok(ScheduleWritten::Done));
        let drivers = (0..4).map(|driver| {
            let (store, schedule) = (Arc::clone(&store), schedule.clone());
            tokio::spawn(async move {
                let mut done = 0;
                loop {
                    let found = store.schedule(&schedule).await.expect("readable");
                    let version = found.expect("it is there").version;
                    if version > RUNS {
                        return done;
                    }
                    let new = NewRun {
                        run: RunId(1_000 * (driver + 1) + version),
                        ..new_run(version, None)
                    };
                    let write = ScheduleWrite {
                        id: schedule.clone(),
                        expected: Some(version),
                        row: Some(ScheduleRow {
                            due_at: Some(Timestamp(version)),
                            definition: vec![1],
                            state: vec![2],
                        }),
                        told: false,
                        starts: vec![new],
                        sends: Vec::new(),
                    };
                    match store.write_schedule(write).await.expect("a store") {
                        ScheduleWritten::Done => done += 1,
                        ScheduleWritten::Changed => {}
                        other => panic!("{other:?}"),
                    }
                }
            })
        });
        let mut done = 0;
        for driver in drivers.collect::<Vec<_>>() {
            done += driver.await.expect("no panic");
        }
        assert_eq!(done, RUNS);
        let all = store::RunFilter::default();
        assert_eq!(store.count(all).await, Ok(RUNS.unsigned_abs()));
    });
}
