//! Limits of queues and keys under random calls, on both stores: never more than so many, never
//! stuck, always in order, and both alike.

mod store_kit;

use durable_runtime::id::{Incarnation, RunId, Timestamp};
use durable_runtime::store::{
    Claim, Concurrency, MessageKind, NewMessage, NewRun, Park, Phase, QueueChange, QueueSettings,
    Queueing, Rate, Sent, Store, Write, Written,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store_kit::pair::{Pair, each_seed, resumed};
use store_kit::{end, id, message, new_run, park};

/// What the test knows about the runs.
#[derive(Default)]
struct Model {
    settings: QueueSettings,
    /// The key and the limit of each run that was started.
    keys: BTreeMap<i64, Option<(String, u32)>>,
    /// Those that have not begun.
    waiting: BTreeSet<i64>,
    /// Those that have and have not ended, with the worker that owns each.
    running: BTreeMap<i64, Option<usize>>,
    /// The latest of each key that has begun.
    last: BTreeMap<Option<String>, i64>,
}

impl Model {
    /// Checks what a claim has given to a worker.
    fn claimed(&mut self, runs: &[i64], worker: usize, what: &str) {
        let mut begins = false;
        for run in runs {
            if !self.waiting.remove(run) {
                let owner = self.running.insert(*run, Some(worker));
                assert_eq!(owner, Some(None), "{what}: run {run} was parked");
                continue;
            }
            begins = true;
            assert!(!self.settings.paused, "{what}: {run} begins in a pause");
            self.running.insert(*run, Some(worker));
            let key = self.keys[run].clone();
            if let Some((key, limit)) = &key {
                let limit = self.settings.per_key.unwrap_or(*limit);
                assert!(self.of_key(key) <= limit as usize, "{what}: {run} of {key}");
            }
            let last = self.last.insert(key.map(|(key, _)| key), *run);
            assert!(last < Some(*run), "{what}: {run} begins after {last:?}");
        }
        if let Some(limit) = self.settings.concurrency.filter(|_| begins) {
            let running = self.running.len();
            assert!(running <= limit as usize, "{what}: {running} of {limit}");
        }
    }

    fn of_key(&self, key: &str) -> usize {
        let of = |run: &&i64| self.keys[*run].as_ref().is_some_and(|(own, _)| own == key);
        self.running.keys().filter(of).count()
    }
}

/// Both stores, with two workers on each.
type World<'a> = Pair<'a, 2>;

impl World<'_> {
    async fn claim(&mut self, worker: usize, limit: usize) -> Vec<i64> {
        let mut answers = Vec::new();
        for at in 0..2 {
            let points = vec!["order/".to_owned(), store_kit::POINT.to_owned()];
            let next = self.stores[at]
                .next_due("main", &points, &[], Timestamp(self.now))
                .await;
            let claim = Claim {
                queue: "main".into(),
                points,
                unfit: vec![],
                now: Timestamp(self.now),
                limit,
            };
            let claimed = self.stores[at].claim(self.fence(at, worker), claim).await;
            self.beats[at][worker] += 1;
            let runs = claimed.expect("the fence holds");
            let runs: Vec<_> = runs
                .iter()
                .map(|run| (run.run.run.0, run.run.placed))
                .collect();
            answers.push((next.expect("readable"), runs));
        }
        assert_eq!(answers[0], answers[1], "at {}", self.now);
        let (next, runs) = answers.remove(0);
        // A look tells whether there is something to claim.
        let due = next.is_some_and(|next| next.0 <= self.now);
        assert!(
            due || runs.is_empty(),
            "at {}: {runs:?} but {next:?}",
            self.now
        );
        runs.into_iter().map(|(run, _)| run).collect()
    }
}

fn change(dice: &mut fastrand::Rng) -> QueueChange {
    let limit = |dice: &mut fastrand::Rng| dice.bool().then(|| dice.u32(1..4));
    match dice.u8(0..4) {
        0 => QueueChange {
            concurrency: Some(limit(dice)),
            ..QueueChange::default()
        },
        1 => QueueChange {
            per_key: Some(limit(dice)),
            ..QueueChange::default()
        },
        2 => QueueChange {
            rate: Some(limit(dice).map(|count| Rate::new(count, Duration::from_millis(10)))),
            ..QueueChange::default()
        },
        _ => QueueChange {
            paused: Some(dice.u8(0..4) == 0),
            ..QueueChange::default()
        },
    }
}

#[tokio::test]
async fn limits_hold_whatever_happens() {
    each_seed(8, play).await;
}

#[expect(clippy::too_many_lines, reason = "a list of what can happen")]
async fn play(stores: [&dyn Store; 2], seed: u64) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut model = Model::default();
    let mut world = World::new(stores).await;
    // From the first start on there is a line, so that everything is in order.
    let concurrency = Some(Some(2));
    let mut next_change = Some(QueueChange {
        concurrency,
        ..QueueChange::default()
    });
    let mut run = 0;
    for _ in 0..250 {
        world.now += 1;
        let (worker, what) = (dice.usize(0..2), format!("seed {seed}, at {}", world.now));
        let own = |model: &Model, dice: &mut fastrand::Rng| {
            let own = model
                .running
                .iter()
                .filter(|(_, owner)| **owner == Some(worker));
            dice.choice(own.map(|(run, _)| *run).collect::<Vec<_>>())
        };
        match dice.u8(0..12) {
            0..=3 => {
                run += 1;
                let key = dice
                    .choice([None, Some(("a", 1)), Some(("b", 2))])
                    .flatten();
                let queueing = Queueing {
                    concurrency: key.map(|(key, limit)| Concurrency::new(key, limit)),
                    ..Queueing::default()
                };
                let new = NewRun {
                    created_at: Timestamp(world.now),
                    due_at: Timestamp(world.now),
                    queueing,
                    ..new_run(run, None)
                };
                for store in world.stores {
                    assert_eq!(store.start(new.clone()).await, Ok(Written::Started));
                }
                model
                    .keys
                    .insert(run, key.map(|(key, limit)| (key.to_owned(), limit)));
                model.waiting.insert(run);
            }
            4..=6 => {
                let runs = world.claim(worker, dice.usize(1..4)).await;
                model.claimed(&runs, worker, &what);
            }
            7 | 8 => {
                if let Some(run) = own(&model, &mut dice) {
                    let end = Write::End(end(run, Phase::Completed, 0));
                    assert_eq!(world.write(worker, end).await, Written::Done, "{what}");
                    model.running.remove(&run);
                }
            }
            9 => {
                if let Some(run) = own(&model, &mut dice) {
                    let park = Write::Park(Park {
                        due_at: Some(Timestamp(world.now + dice.i64(0..9))),
                        ..park(run, 0, 1)
                    });
                    assert_eq!(world.write(worker, park).await, Written::Parked, "{what}");
                    model.running.insert(run, None);
                }
            }
            10 => match dice.u8(0..3) {
                // A worker dies, and a new one takes its runs over.
                0 => {
                    let dead = Incarnation(world.workers[worker]);
                    for store in world.stores {
                        store.retire(dead).await.expect("a store");
                    }
                    world.born(worker).await;
                    for at in 0..2 {
                        let fence = world.fence(at, worker);
                        let taken = world.stores[at].take_over(fence, dead, 100).await;
                        world.beats[at][worker] += 1;
                        taken.expect("the fence holds");
                    }
                }
                _ => {
                    let parked = model.running.iter().filter(|(_, owner)| owner.is_none());
                    let parked = parked.map(|(run, _)| *run);
                    let free: Vec<_> = parked.chain(model.waiting.iter().copied()).collect();
                    if let Some(run) = dice.choice(free) {
                        let terminate = NewMessage {
                            kind: MessageKind::Terminate,
                            ..message("terminate")
                        };
                        for store in world.stores {
                            let sent = store.send(&id(run), terminate.clone()).await;
                            assert_eq!(sent, Ok(Sent::Terminated(RunId(run))), "{what}");
                        }
                        model.waiting.remove(&run);
                        model.running.remove(&run);
                    }
                }
            },
            _ => next_change = Some(change(&mut dice)),
        }
        if let Some(change) = next_change.take() {
            model.settings = world.change("main", change).await;
        }
        let [a, b] = world.stores;
        assert_eq!(a.queues().await, b.queues().await, "{what}");
    }
    // Nobody is stuck: as those that run end, all others begin.
    model.settings = world.change("main", resumed()).await;
    for _ in 0..1_000 {
        world.now += 10;
        for worker in 0..2 {
            let runs = world.claim(worker, 3).await;
            model.claimed(&runs, worker, "at the end");
            let own = model
                .running
                .iter()
                .filter(|(_, owner)| **owner == Some(worker));
            for run in own.map(|(run, _)| *run).collect::<Vec<_>>() {
                world
                    .write(worker, Write::End(end(run, Phase::Completed, 0)))
                    .await;
                model.running.remove(&run);
            }
        }
        if model.waiting.is_empty() && model.running.is_empty() {
            return;
        }
    }
    panic!("seed {seed}: {:?} are stuck", model.waiting);
}
