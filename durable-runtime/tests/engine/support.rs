//! A workflow whose script is its input, activities whose behaviour is a closure, and a bench
//! that runs workers on them.

pub(crate) use crate::running::Running;
use crate::stores::{self, Keeper};
use durable_runtime::Client;
use durable_runtime::clock::{Clock, VirtualClock};
use durable_runtime::codec;
use durable_runtime::engine::{Worker, WorkerOptions, new_run};
use durable_runtime::id::{Timestamp, WorkflowId};
use durable_runtime::operation::{ActivityError, ActivityOptions};
use durable_runtime::prelude::*;
use durable_runtime::registry::{self, ActivityContext, ActivityFn, AttemptEnd, Registry};
use durable_runtime::store::{
    AttemptRecord, MessageKind, NewMessage, NewRun, Phase, RunRecord, RunState, Sent,
    SqliteOptions, SqliteStore, StepRecord, Store, Written,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

pub(crate) const START: Timestamp = Timestamp(1_000_000);

/// One line of a script.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Op {
    /// Sleep this many milliseconds.
    Sleep(u64),
    /// Call `act` with this name; a failure ends the script.
    Call(String),
    /// The same with a policy of its own.
    CallWith(String, ActivityOptions),
    /// Panic while [`BROKEN`] is set.
    Break,
}

/// The code of `Op::Break` is broken.
pub(crate) static BROKEN: AtomicBool = AtomicBool::new(false);

pub(crate) fn call(name: &str) -> Op {
    Op::Call(name.to_owned())
}

/// Calls the activity of this name; its body is the bench's.
#[activity(retry(jitter = 0.0))]
pub(crate) async fn act(name: String) -> Result<String, String> {
    Ok(name)
}

/// Follows its script. When it is cancelled it calls `clean-up` and fails.
#[workflow]
pub(crate) async fn script(ops: Vec<Op>) -> Result<Vec<String>, String> {
    let mut log: Vec<String> = Vec::new();
    for op in ops {
        let result = match op {
            Op::Sleep(millis) => match sleep(Duration::from_millis(millis)).await {
                Ok(()) => Ok("slept".to_owned()),
                Err(_) => Err(ActivityError::Cancelled),
            },
            Op::Call(name) => act(name).await,
            Op::CallWith(name, options) => {
                let mut call = act(name).retry(options.retry);
                if let Some(limit) = options.start_to_close {
                    call = call.timeout(limit);
                }
                if let Some(limit) = options.schedule_to_close {
                    call = call.deadline(limit);
                }
                call.await
            }
            Op::Break => {
                assert!(!BROKEN.load(Ordering::SeqCst), "broken");
                Ok("whole".to_owned())
            }
        };
        match result {
            Ok(line) => log.push(line),
            Err(ActivityError::Cancelled) => {
                let cleaned = act("clean-up".to_owned()).await;
                log.push(format!("{cleaned:?}"));
                return Err(log.join(","));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(log)
}

/// One attempt as the outside world saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempted {
    pub(crate) name: String,
    pub(crate) attempt: u32,
    pub(crate) key: String,
    /// Milliseconds since the bench began.
    pub(crate) at: i64,
}

/// What an attempt does.
#[derive(Clone, Debug)]
pub(crate) enum Behave {
    Return,
    Fail,
    FailForGood,
    Panic,
    /// Sleeps this many milliseconds, then returns.
    Take(u64),
}

type Behaviour = Arc<dyn Fn(&str, u32) -> Behave + Send + Sync>;

pub(crate) struct Bench {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: VirtualClock,
    pub(crate) log: Arc<Mutex<Vec<Attempted>>>,
    /// Names of the attempts that came to their end.
    pub(crate) ended: Arc<Mutex<Vec<String>>>,
    behaviour: Behaviour,
    _keeper: Option<Keeper>,
}

impl Bench {
    pub(crate) fn new(behaviour: impl Fn(&str, u32) -> Behave + Send + Sync + 'static) -> Self {
        let (store, keeper) = stores::new();
        Self {
            _keeper: keeper,
            ..Self::on(store, behaviour)
        }
    }

    pub(crate) fn on(
        store: Arc<dyn Store>,
        behaviour: impl Fn(&str, u32) -> Behave + Send + Sync + 'static,
    ) -> Self {
        Self {
            store,
            clock: VirtualClock::new(START),
            log: Arc::default(),
            ended: Arc::default(),
            behaviour: Arc::new(behaviour),
            _keeper: None,
        }
    }

    pub(crate) fn registry(&self) -> Registry {
        // Those of at most eight letters.
        let short = [
            "script", "pair", "race", "three", "hundred", "breaks", "limited", "remind", "collect",
            "count_up", "buy", "stumble", "ship", "ship_all", "patient", "guardian", "devoted",
            "strict", "careless", "counter", "shipper", "lazy", "mute", "saga", "shielded", "half",
            "outlived", "ticks", "renewing", "kept", "tagged", "late", "fragile", "endless",
            "watcher", "punctual", "slow", "touchy", "renewed", "feed", "told", "inherits",
            "goes_on", "ships", "loads", "fetch", "errand", "asks", "hurried", "plainly", "tells",
            "needs", "undone", "orders", "acts", "twins",
        ];
        let long = [
            "talkative",
            "countdown",
            "with_countdown",
            "late_reader",
            "waits_for",
            "tidy",
            "sends_out",
            "has_time",
            "stubborn",
            "hourly",
            "ballot",
            "relay",
        ];
        let all = short.into_iter().chain(long);
        let known = all.map(|name| registry::workflow(name).expect("it is linked"));
        known
            .fold(Registry::new(), Registry::with_workflow)
            .with_activity_fn("act", self.body())
    }

    pub(crate) fn body(&self) -> ActivityFn {
        let (log, clock, behaviour) =
            (self.log.clone(), self.clock.clone(), self.behaviour.clone());
        let ended = self.ended.clone();
        Arc::new(move |context: ActivityContext, args: &[u8]| {
            let name: String = codec::Args::open(args)?.get("name")?;
            let behave = behaviour(&name, context.attempt);
            log.lock().unwrap().push(Attempted {
                name: name.clone(),
                attempt: context.attempt,
                key: context.idempotency_key.clone(),
                at: clock.now().0 - START.0,
            });
            let ended = ended.clone();
            Ok(Box::pin(async move {
                assert_eq!(
                    durable_runtime::activity::context().map(|c| c.idempotency_key),
                    Some(context.idempotency_key)
                );
                let failed = |retryable| {
                    let error = format!("no {name}");
                    AttemptEnd::failed(codec::encode(&error).unwrap(), retryable, error)
                };
                match behave {
                    Behave::Return => {}
                    Behave::Fail => return failed(true),
                    Behave::FailForGood => return failed(false),
                    Behave::Panic => panic!("oh {name}"),
                    Behave::Take(millis) => {
                        durable_runtime::activity::sleep(Duration::from_millis(millis)).await;
                    }
                }
                ended.lock().unwrap().push(name.clone());
                AttemptEnd::returned(codec::encode(&name).unwrap())
            }))
        })
    }

    /// A worker whose lease outlasts every jump of the virtual clock.
    pub(crate) fn worker(&self) -> Running {
        self.worker_with(&options())
    }

    pub(crate) fn worker_with(&self, options: &WorkerOptions) -> Running {
        Running::new(self.prepare(options))
    }

    pub(crate) fn prepare(&self, options: &WorkerOptions) -> Worker {
        Worker::new(self.store.clone(), options.clone())
            .registry(self.registry())
            .clock(Arc::new(self.clock.clone()))
    }

    pub(crate) fn new_run(&self, id: &str, ops: &[Op]) -> NewRun {
        NewRun::new(
            new_run(self.clock.now()),
            WorkflowId::new(id).unwrap(),
            "script".into(),
            "default".into(),
            codec::ArgsBuilder::new()
                .arg("ops", &ops.to_vec())
                .finish()
                .unwrap(),
            self.clock.now(),
        )
    }

    /// Starts a run that waits for a worker.
    pub(crate) async fn start(&self, id: &str, ops: &[Op]) {
        assert_eq!(
            self.store.start(self.new_run(id, ops)).await,
            Ok(Written::Started)
        );
    }

    /// Lets so much time pass.
    pub(crate) async fn pass(&self, time: Duration) {
        let then = self.clock.now().after(time);
        drop(self.clock.sleep_until(then).await);
    }

    /// Waits for the end of a run.
    pub(crate) async fn end(&self, id: &str) -> RunRecord {
        self.until(id, |record| record.phase != Phase::Running)
            .await
    }

    /// Waits for a condition on a run's row.
    pub(crate) async fn until(
        &self,
        id: &str,
        condition: impl Fn(&RunRecord) -> bool,
    ) -> RunRecord {
        let id = WorkflowId::new(id).unwrap();
        let wait = async {
            loop {
                if let Some(record) = self.store.find(&id).await.unwrap()
                    && condition(&record)
                {
                    return record;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("within 20 s")
    }

    pub(crate) async fn send(&self, id: &str, msg: &str, kind: MessageKind) -> Sent {
        let signal = kind == MessageKind::Signal;
        let message = NewMessage {
            msg: msg.into(),
            kind,
            name: if signal { "word" } else { "" }.into(),
            payload: b"because".to_vec(),
            sent_at: self.clock.now(),
            unread_max: None,
        };
        self.store
            .send(&WorkflowId::new(id).unwrap(), message)
            .await
            .unwrap()
    }

    /// The recorded steps, checked to be without gaps.
    pub(crate) async fn steps(&self, id: &str) -> Vec<StepRecord> {
        let run = self
            .store
            .find(&WorkflowId::new(id).unwrap())
            .await
            .unwrap()
            .unwrap()
            .run;
        let steps = self.store.steps(run, 0, 1_000).await.unwrap();
        let seqs: Vec<_> = steps.iter().map(|step| step.seq).collect();
        let expected: Vec<_> = (1..).take(steps.len()).collect();
        assert_eq!(seqs, expected, "steps are gapless");
        steps
    }

    pub(crate) async fn attempts(&self, id: &str) -> Vec<AttemptRecord> {
        let run = self
            .store
            .find(&WorkflowId::new(id).unwrap())
            .await
            .unwrap()
            .unwrap()
            .run;
        self.store.attempts(run).await.unwrap()
    }

    /// The attempts so far: name, number and time.
    pub(crate) fn seen(&self) -> Vec<(String, u32, i64)> {
        let log = self.log.lock().unwrap();
        log.iter()
            .map(|a| (a.name.clone(), a.attempt, a.at))
            .collect()
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.log
            .lock()
            .unwrap()
            .iter()
            .map(|a| a.name.clone())
            .collect()
    }

    /// The idempotency keys of all attempts, each once.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let log = self.log.lock().unwrap();
        log.iter().map(|a| a.key.clone()).collect()
    }

    /// Waits until so many attempts have begun.
    pub(crate) async fn attempted(&self, count: usize) {
        let wait = async {
            while self.log.lock().unwrap().len() < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait)
            .await
            .expect("within 20 s");
    }
}

pub(crate) fn options() -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_secs(100 * 365 * 86_400),
        poll_interval: Duration::from_millis(5),
        ..WorkerOptions::default()
    }
}

/// Like [`options`], with a lease that a test can let end.
pub(crate) fn leased() -> WorkerOptions {
    WorkerOptions {
        lease: Duration::from_secs(2),
        ..options()
    }
}

/// A bench whose activities return.
pub(crate) fn bench() -> Bench {
    Bench::new(|_, _| Behave::Return)
}

/// The same bench on a SQLite store, and the folder that it lives in.
pub(crate) async fn on_sqlite(bench: Bench) -> (Bench, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bench.db");
    let store = SqliteStore::open(path, SqliteOptions::default()).await;
    let store = Arc::new(store.unwrap());
    (Bench { store, ..bench }, folder)
}

/// A client beside a worker, on the clock of the bench.
pub(crate) fn client(bench: &Bench, worker: &Running) -> Client {
    worker.client(bench).clock(Arc::new(bench.clock.clone()))
}

/// A client of another process.
pub(crate) fn elsewhere(bench: &Bench) -> Client {
    Client::new(bench.store.clone()).clock(Arc::new(bench.clock.clone()))
}

/// The decoded output of a workflow that returns a `T`.
pub(crate) fn value<T: durable_runtime::Durable>(record: &RunRecord) -> T {
    codec::decode(record.output.as_deref().expect("it returned")).expect("of this type")
}

/// The decoded output of a script.
pub(crate) fn output(record: &RunRecord) -> Result<Vec<String>, String> {
    codec::decode(record.output.as_deref().expect("it returned")).unwrap()
}

/// Why a run is blocked.
pub(crate) fn reason(record: &RunRecord) -> &str {
    match &record.state {
        RunState::Blocked(reason) => reason,
        other => panic!("not blocked: {other:?}"),
    }
}

pub(crate) fn is_blocked(record: &RunRecord) -> bool {
    matches!(record.state, RunState::Blocked(_))
}
