//! Lines of starts: both stores serve random ones alike, and no key waits longer than its weight
//! says. `--ignored --nocapture` tells what a claim costs.

mod store_kit;

use durable_runtime::id::{Incarnation, Timestamp};
use durable_runtime::store::{
    Claim, ClaimedRun, Fairness, Fence, MessageKind, NewMessage, NewRun, Phase, Queueing, Store,
    Write, Written,
};
use std::collections::BTreeMap;
use std::time::Instant;
use store_kit::pair::each_seed;
use store_kit::{Worker, end, id, message, new_run};

fn start(run: i64, due: i64, queueing: Queueing) -> NewRun {
    NewRun {
        due_at: Timestamp(due),
        queueing,
        ..new_run(run, None)
    }
}

fn keyed(key: &str, weight: f64) -> Queueing {
    Queueing {
        fairness: Some(Fairness::new(key, weight)),
        ..Queueing::default()
    }
}

fn claim(now: i64, limit: usize) -> Claim {
    Claim {
        queue: "main".into(),
        points: vec!["order/".into()],
        unfit: vec![],
        now: Timestamp(now),
        limit,
    }
}

async fn claimed(store: &dyn Store, fence: &mut Fence, claim: Claim) -> Vec<ClaimedRun> {
    let claimed = store.claim(*fence, claim).await.expect("the fence holds");
    fence.beat += 1;
    claimed
}

fn fence() -> Fence {
    Fence {
        worker: Incarnation(1),
        beat: 0,
        lease_until: Timestamp(1 << 40),
    }
}

#[tokio::test]
async fn both_stores_serve_a_line_alike() {
    each_seed(6, async |stores, seed| {
        let mut dice = fastrand::Rng::with_seed(seed);
        for store in stores {
            Worker::register(store, 1).await;
        }
        let mut fences = [fence(); 2];
        let (mut run, mut waiting) = (0, 0);
        for now in 1..150 {
            for _ in 0..dice.i64(0..4) {
                run += 1;
                waiting += 1;
                let late = if dice.bool() { dice.i64(0..30) } else { 0 };
                let queueing = Queueing {
                    priority: dice.bool().then(|| dice.u8(1..=5)),
                    // Now and then the line ends, and plain starts need none.
                    fairness: (now % 50 < 40 && dice.u8(0..4) > 0).then(|| {
                        let key = ["a", "b", "c"][dice.usize(0..3)];
                        Fairness::new(key, [0.5, 1.0, 3.0][dice.usize(0..3)])
                    }),
                    concurrency: None,
                };
                let new = NewRun {
                    created_at: Timestamp(now),
                    ..start(run, now + late, queueing)
                };
                for store in stores {
                    assert_eq!(store.start(new.clone()).await, Ok(Written::Started));
                }
            }
            // Some leave the line without a turn; a few come back.
            if run > 0 && dice.u8(0..3) == 0 {
                let run = dice.i64(1..=run);
                let kind = [
                    MessageKind::Terminate,
                    MessageKind::Pause,
                    MessageKind::Resume,
                ];
                let leaves = NewMessage {
                    kind: dice.choice(kind).expect("three"),
                    ..message(&format!("at {now}"))
                };
                for store in stores {
                    let sent = store.send(&id(run), leaves.clone()).await;
                    sent.expect("a store");
                }
            }
            let limit = if now % 50 < 45 { dice.usize(1..4) } else { 50 };
            let mut answers = Vec::new();
            for (store, fence) in stores.iter().zip(&mut fences) {
                let next = store
                    .next_due("main", &["order/".into()], &[], Timestamp(now))
                    .await;
                let runs = claimed(*store, fence, claim(now, limit)).await;
                let turns: Vec<_> = runs.into_iter().map(|run| run.run).collect();
                answers.push((next.expect("readable"), turns));
            }
            let [a, b] = [&answers[0], &answers[1]];
            assert_eq!(a.0, b.0, "seed {seed}, at {now}");
            let turns = |answer: &[durable_runtime::store::RunRecord]| {
                let turns = answer.iter().map(|run| (run.queueing.clone(), run.run));
                turns.collect::<Vec<_>>()
            };
            assert_eq!(turns(&a.1), turns(&b.1), "seed {seed}, at {now}");
            waiting -= a.1.len();
        }
        assert!(
            waiting < usize::try_from(run).expect("small"),
            "some had their turns"
        );
    })
    .await;
}

/// As long as all keys have somebody in line, each has its share of the turns, give or take four.
#[tokio::test]
async fn every_key_has_its_share() {
    for seed in 1..=5 {
        let mut dice = fastrand::Rng::with_seed(seed);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = store_kit::open(&folder.path().join("orders.db")).await;
        Worker::register(&store, 1).await;
        let mut fence = fence();
        let weights = BTreeMap::from([("a", 1.0), ("b", 2.0), ("c", 5.0)]);
        let mut line: Vec<_> = weights
            .keys()
            .flat_map(|key| std::iter::repeat_n(*key, 100))
            .collect();
        dice.shuffle(&mut line);
        let starts = (1..).zip(&line);
        let starts = starts.map(|(run, key)| start(run, 1, keyed(key, weights[key])));
        let starts = starts.map(Write::Start).collect();
        store.commit(fence, starts).await.expect("the fence holds");
        fence.beat += 1;
        let mut had: BTreeMap<_, _> = weights.keys().map(|key| (*key, 0.0)).collect();
        let mut turns = 0.0;
        while turns < 100.0 {
            for run in claimed(&store, &mut fence, claim(9, dice.usize(1..5))).await {
                turns += 1.0;
                let fairness = run.run.queueing.fairness.expect("all have a key");
                *had.get_mut(&*fairness.key).expect("a key of ours") += 1.0;
            }
            for (key, weight) in &weights {
                let share = turns * weight / 8.0;
                assert!(
                    (had[key] - share).abs() <= 4.0,
                    "{key} had {} of {turns}",
                    had[key]
                );
            }
        }
    }
}

/// What starts and claims cost, with all of so many waiting.
#[tokio::test]
#[ignore = "a measurement"]
async fn claims_per_second() {
    for round in 0..3 {
        for what in ["plain", "priorities", "keys"] {
            measure(round, what).await;
        }
    }
}

async fn measure(round: i32, what: &str) {
    const RUNS: i32 = 20_000;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = store_kit::open(&folder.path().join("orders.db")).await;
    Worker::register(&store, 1).await;
    let mut fence = fence();
    let mut dice = fastrand::Rng::with_seed(1);
    let starts: Vec<_> = (1..=i64::from(RUNS))
        .map(|run| {
            let queueing = match what {
                "plain" => Queueing::default(),
                "priorities" => Queueing {
                    priority: Some(dice.u8(1..=5)),
                    ..Queueing::default()
                },
                _ => keyed(&dice.u16(0..1000).to_string(), 1.0),
            };
            Write::Start(start(run, 1, queueing))
        })
        .collect();
    let begun = Instant::now();
    for batch in starts.chunks(100) {
        store
            .commit(fence, batch.into())
            .await
            .expect("the fence holds");
        fence.beat += 1;
    }
    let started = begun.elapsed();
    let begun = Instant::now();
    let mut count = 0;
    while count < RUNS {
        let runs = claimed(&store, &mut fence, claim(9, 100)).await;
        count += i32::try_from(runs.len()).expect("few");
        assert!(!runs.is_empty());
    }
    let took = begun.elapsed();
    let begun = Instant::now();
    for runs in (1..=i64::from(RUNS)).collect::<Vec<_>>().chunks(100) {
        let ends = runs
            .iter()
            .map(|run| Write::End(end(*run, Phase::Completed, 0)));
        store
            .commit(fence, ends.collect())
            .await
            .expect("the fence holds");
        fence.beat += 1;
    }
    let rate = |took: std::time::Duration| f64::from(RUNS) / took.as_secs_f64();
    println!(
        "{round} {what:10} starts/s {:6.0} claims/s {:6.0} ends/s {:6.0}",
        rate(started),
        rate(took),
        rate(begun.elapsed())
    );
}
