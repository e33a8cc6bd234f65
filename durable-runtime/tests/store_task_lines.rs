//! Limits of the activities of a queue under random calls, on both stores: never more than so many,
//! never stuck, always in order, and both alike.

mod store_kit;

use durable_runtime::id::{Incarnation, RunId, Timestamp};
use durable_runtime::store::{
    Concurrency, Fairness, Fence, MessageKind, NewMessage, NewTask, Phase, QueueChange,
    QueueSettings, Queueing, Rate, Store, TaskClaim, TaskOf, TaskWrite, Write, Written,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store_kit::pair::{Pair, each_seed, resumed};
use store_kit::{end, id, message, new_run};

/// The worker that owns all runs, and those that carry activities out.
const OWNER: usize = 2;

/// What the test knows.
#[derive(Default)]
struct Model {
    settings: QueueSettings,
    /// What is said of the turn of each task.
    turns: BTreeMap<TaskOf, Queueing>,
    /// Tasks that nobody has carried out.
    waiting: BTreeSet<TaskOf>,
    /// Those that a worker carries out.
    running: BTreeMap<TaskOf, usize>,
    /// Those of which only their run is to be told: nobody does that yet, or a worker.
    over: BTreeMap<TaskOf, Option<usize>>,
    paused: BTreeSet<i64>,
    begun: Vec<i64>,
}

impl Model {
    /// Checks what a claim has given to a worker.
    fn claimed(&mut self, tasks: &[(TaskOf, bool)], worker: usize, now: i64, what: &str) {
        let mut begins = 0;
        for (of, over) in tasks {
            assert!(!self.paused.contains(&of.run.0), "{what}: {of:?} rests");
            if *over {
                let was = self.over.insert(*of, Some(worker));
                assert_eq!(was, Some(None), "{what}: {of:?}");
                continue;
            }
            begins += 1;
            assert!(self.waiting.remove(of), "{what}: {of:?} does not wait");
            assert!(!self.settings.paused, "{what}: {of:?} begins in a pause");
            self.running.insert(*of, worker);
            self.begun.push(now);
            if let Some(key) = &self.turns[of].concurrency {
                let limit = self.settings.activity_per_key.unwrap_or(key.limit);
                let running = self.of_key(&key.key);
                assert!(running <= limit as usize, "{what}: {running} of {limit}");
            }
        }
        if begins == 0 {
            return;
        }
        if let Some(limit) = self.settings.activity_concurrency {
            let running = self.running.len();
            assert!(running <= limit as usize, "{what}: {running} of {limit}");
        }
        if let Some(rate) = self.settings.activity_rate {
            let period = i64::try_from(rate.period.as_millis()).expect("short");
            let within = self.begun.iter().filter(|at| **at > now - period);
            let most = rate.count + rate.burst;
            assert!(within.count() <= most as usize, "{what}: {rate:?}");
        }
    }

    fn of_key(&self, key: &str) -> usize {
        let of = |of: &&TaskOf| {
            let own = self.turns[*of].concurrency.as_ref();
            own.is_some_and(|own| own.key == key)
        };
        self.running.keys().filter(of).count()
    }

    fn gone(&mut self, of: TaskOf) {
        self.waiting.remove(&of);
        self.running.remove(&of);
        self.over.remove(&of);
    }
}

/// Both stores, with three workers on each.
type World<'a> = Pair<'a, 3>;

impl World<'_> {
    async fn claim(&mut self, worker: usize, limit: usize) -> Vec<(TaskOf, bool)> {
        let mut answers = Vec::new();
        for at in 0..2 {
            let claim = TaskClaim {
                queue: "gpu".into(),
                activities: vec!["charge".into()],
                now: Timestamp(self.now),
                limit,
                but: vec![],
            };
            let due = self.stores[at].tasks_due(&claim).await.expect("readable");
            let fence = self.fence(at, worker);
            let claimed = self.stores[at].claim_tasks(fence, claim).await;
            self.beats[at][worker] += 1;
            let claimed = claimed.expect("the fence holds").into_iter();
            let claimed: Vec<_> = claimed
                .map(|task| (task.new.of, task.cancelled || task.lost))
                .collect();
            answers.push((due, claimed));
        }
        assert_eq!(answers[0], answers[1], "at {}", self.now);
        let (due, claimed) = answers.remove(0);
        // A look tells whether there is something to claim.
        let due = due.is_some_and(|at| at.0 <= self.now);
        assert!(due || claimed.is_empty(), "at {}: {claimed:?}", self.now);
        claimed
    }

    /// The life of a worker ends, in good order or not.
    async fn ends(&mut self, worker: usize, in_good_order: bool) {
        let own = Incarnation(self.workers[worker]);
        for at in 0..2 {
            if in_good_order {
                self.stores[at].retire(own).await.expect("a store");
                continue;
            }
            // Its lease is over at once.
            let fence = Fence {
                lease_until: Timestamp(self.now),
                ..self.fence(at, worker)
            };
            self.stores[at]
                .commit(fence, [].into())
                .await
                .expect("held");
            let dead = self.stores[at].mark_dead(Timestamp(self.now + 1)).await;
            dead.expect("a store");
        }
        self.born(worker).await;
    }
}

fn told(msg: &str) -> NewMessage {
    NewMessage {
        kind: MessageKind::Activity,
        ..message(msg)
    }
}

fn change(dice: &mut fastrand::Rng) -> QueueChange {
    let limit = |dice: &mut fastrand::Rng| dice.bool().then(|| dice.u32(1..5));
    match dice.u8(0..4) {
        0 => QueueChange {
            activity_concurrency: Some(limit(dice)),
            ..QueueChange::default()
        },
        1 => QueueChange {
            activity_per_key: Some(limit(dice)),
            ..QueueChange::default()
        },
        2 => QueueChange {
            activity_rate: Some(limit(dice).map(|n| Rate::new(n, Duration::from_millis(10)))),
            ..QueueChange::default()
        },
        _ => QueueChange {
            paused: Some(dice.u8(0..4) == 0),
            ..QueueChange::default()
        },
    }
}

fn turn(dice: &mut fastrand::Rng) -> Queueing {
    let key = dice.choice([None, Some(("a", 1)), Some(("b", 2)), Some(("c", u32::MAX))]);
    Queueing {
        priority: dice.bool().then(|| dice.u8(1..=5)),
        fairness: dice
            .choice([None, Some("x"), Some("y")])
            .flatten()
            .map(|key| Fairness::new(key, f64::from(dice.u8(1..4)))),
        concurrency: key
            .flatten()
            .map(|(key, limit)| Concurrency::new(key, limit)),
    }
}

#[tokio::test]
async fn limits_of_activities_hold_whatever_happens() {
    each_seed(10, play).await;
}

async fn play(stores: [&dyn Store; 2], seed: u64) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut model = Model::default();
    let mut world = World::new(stores).await;
    let mut runs = 0;
    let mut ops = 0;
    for _ in 0..300 {
        world.now += 1;
        let what = format!("seed {seed}, at {}", world.now);
        act(
            &mut world,
            &mut model,
            &mut dice,
            (&mut runs, &mut ops),
            &what,
        )
        .await;
        let [a, b] = world.stores;
        assert_eq!(a.task_queues().await, b.task_queues().await, "{what}");
        let depth = a.task_depth("gpu", 100).await;
        assert_eq!(depth, b.task_depth("gpu", 100).await, "{what}");
        assert_eq!(depth.expect("readable").1, model.running.len(), "{what}");
    }
    // Nobody is stuck: as those that are carried out end, all others begin.
    model.settings = world.change("gpu", resumed()).await;
    for run in std::mem::take(&mut model.paused) {
        send(&world, run, MessageKind::Resume).await;
    }
    for _ in 0..2_000 {
        world.now += 10;
        for worker in 0..2 {
            let tasks = world.claim(worker, 3).await;
            model.claimed(&tasks, worker, world.now, "at the end");
            for (of, _) in own_tasks(&model, worker) {
                let message = told(&format!("end {of:?}"));
                let report = Write::Task(TaskWrite::Report { of, message });
                assert_eq!(world.write(worker, report).await, Written::Done);
                model.gone(of);
            }
        }
        if model.waiting.is_empty() && model.over.is_empty() && model.running.is_empty() {
            return;
        }
    }
    panic!("seed {seed}: {:?} are stuck", model.waiting);
}

/// The tasks that a worker has, and whether each is over.
fn own_tasks(model: &Model, worker: usize) -> Vec<(TaskOf, bool)> {
    let running = model.running.iter().filter(|(_, own)| **own == worker);
    let over = model.over.iter().filter(|(_, own)| **own == Some(worker));
    let running = running.map(|(of, _)| (*of, false));
    running.chain(over.map(|(of, _)| (*of, true))).collect()
}

async fn send(world: &World<'_>, run: i64, kind: MessageKind) {
    let message = NewMessage {
        kind,
        ..message(&format!("{kind:?} {}", world.now))
    };
    for store in world.stores {
        let sent = store.send(&id(run), message.clone()).await;
        sent.expect("a store");
    }
}

#[expect(clippy::too_many_lines, reason = "a list of what can happen")]
async fn act(
    world: &mut World<'_>,
    model: &mut Model,
    dice: &mut fastrand::Rng,
    (runs, ops): (&mut i64, &mut u64),
    what: &str,
) {
    let worker = dice.usize(0..2);
    match dice.u8(0..16) {
        0..=4 => {
            if *runs == 0 || dice.u8(0..4) == 0 {
                *runs += 1;
                let own = world.workers[OWNER];
                let start = Write::Start(new_run(*runs, Some(own)));
                assert_eq!(world.write(OWNER, start).await, Written::Started);
            }
            *ops += 1;
            let of = TaskOf {
                run: RunId(dice.i64(1..=*runs)),
                op: *ops,
                attempt: 1,
            };
            let queueing = turn(dice);
            let put = Write::Task(TaskWrite::Put(NewTask {
                of,
                queue: "gpu".into(),
                queueing: queueing.clone(),
                activity: "charge".into(),
                put_at: Timestamp(world.now),
                body: vec![1],
            }));
            if world.write(OWNER, put).await == Written::Done {
                model.turns.insert(of, queueing);
                model.waiting.insert(of);
            }
        }
        5..=8 => {
            let tasks = world.claim(worker, dice.usize(1..4)).await;
            model.claimed(&tasks, worker, world.now, what);
        }
        9 | 10 => {
            if let Some((of, over)) = dice.choice(own_tasks(model, worker)) {
                let back = dice.u8(0..4) == 0;
                let write = if back {
                    TaskWrite::Return { of }
                } else {
                    let message = told(&format!("end {of:?}"));
                    TaskWrite::Report { of, message }
                };
                let written = world.write(worker, Write::Task(write)).await;
                assert_eq!(written, Written::Done, "{what}");
                model.gone(of);
                if back && over {
                    model.over.insert(of, None);
                } else if back {
                    model.waiting.insert(of);
                }
            }
        }
        11 => {
            // The run does not wait for one any more, or asks it to stop.
            let all = model.waiting.iter().chain(model.running.keys());
            if let Some(of) = dice.choice(all.copied().collect::<Vec<_>>()) {
                if dice.bool() {
                    let (run, op) = (of.run, of.op);
                    let remove = Write::Task(TaskWrite::Remove { run, op });
                    assert_eq!(world.write(OWNER, remove).await, Written::Done);
                    model.gone(of);
                } else {
                    let message = told(&format!("cancel {of:?}"));
                    let cancel = Write::Task(TaskWrite::Cancel { of, message });
                    assert_eq!(world.write(OWNER, cancel).await, Written::Done);
                    // One that runs has its place until it has stopped; then it may be over.
                    if model.running.remove(&of).is_some() {
                        let (run, op) = (of.run, of.op);
                        let remove = Write::Task(TaskWrite::Remove { run, op });
                        assert_eq!(world.write(OWNER, remove).await, Written::Done);
                    }
                    model.gone(of);
                }
            }
        }
        12 => {
            let good = dice.bool();
            world.ends(worker, good).await;
            for (of, over) in own_tasks(model, worker) {
                model.gone(of);
                if over || !good {
                    model.over.insert(of, None);
                } else {
                    model.waiting.insert(of);
                }
            }
        }
        13 if *runs > 0 => {
            let run = dice.i64(1..=*runs);
            if model.paused.remove(&run) {
                send(world, run, MessageKind::Resume).await;
            } else {
                send(world, run, MessageKind::Pause).await;
                model.paused.insert(run);
            }
        }
        14 if *runs > 0 && dice.u8(0..4) == 0 => {
            let run = dice.i64(1..=*runs);
            let end = Write::End(end(run, Phase::Completed, 0));
            if world.write(OWNER, end).await == Written::Done {
                let gone: Vec<_> = model.turns.keys().copied().collect();
                for of in gone.into_iter().filter(|of| of.run.0 == run) {
                    model.gone(of);
                }
                model.paused.remove(&run);
            }
        }
        _ => {
            let rate = model.settings.activity_rate;
            model.settings = world.change("gpu", change(dice)).await;
            if model.settings.activity_rate != rate {
                // Of another rate nothing is used up.
                model.begun.clear();
            }
        }
    }
}
