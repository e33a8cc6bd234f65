//! What activities in line cost on SQLite.

mod store_kit;

use durable_runtime::id::{RunId, Timestamp};
use durable_runtime::store::{
    Concurrency, Fairness, MessageKind, NewMessage, NewTask, Queueing, TaskClaim, TaskOf,
    TaskWrite, Tasks, Write, Written,
};
use std::time::Duration;
use store_kit::{message, new_run};

/// What it costs to put, claim and end activities while so many wait: each kind twice, since a claim
/// must not take longer where more wait.
#[tokio::test]
#[ignore = "a measurement"]
async fn activities_per_second() {
    for count in [2_000, 20_000] {
        for what in ["plain", "fair", "keys", "one key"] {
            measure(count, what).await;
        }
    }
}

async fn measure(count: u64, what: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = store_kit::open(&folder.path().join("orders.db")).await;
    let mut worker = store_kit::Worker::register(&store, 1).await;
    let born = Write::Start(new_run(1, Some(1)));
    assert_eq!(worker.write(born).await, Ok(Written::Started));
    let mut dice = fastrand::Rng::with_seed(1);
    let of = |op| TaskOf {
        run: RunId(1),
        op,
        attempt: 1,
    };
    let mut turn = || match what {
        "plain" => Queueing::default(),
        "fair" => Queueing {
            fairness: Some(Fairness::new(dice.u16(0..1_000).to_string(), 1.0)),
            ..Queueing::default()
        },
        "keys" => Queueing {
            concurrency: Some(Concurrency::new(dice.u16(0..1_000).to_string(), 2)),
            ..Queueing::default()
        },
        _ => Queueing {
            concurrency: Some(Concurrency::new("one", 100)),
            ..Queueing::default()
        },
    };
    let puts = (1..=count).map(|op| {
        Write::Task(TaskWrite::Put(NewTask {
            of: of(op),
            queue: "gpu".into(),
            queueing: turn(),
            activity: "charge".into(),
            put_at: Timestamp(1),
            body: vec![1; 100],
        }))
    });
    let puts: Vec<_> = puts.collect();
    let begun = std::time::Instant::now();
    for batch in puts.chunks(100) {
        worker.commit(batch.to_vec()).await.expect("held");
    }
    let put = begun.elapsed();
    let (mut claiming, mut ending, mut left) = (Duration::ZERO, Duration::ZERO, count);
    while left > 0 {
        let begun = std::time::Instant::now();
        let claim = TaskClaim {
            queue: "gpu".into(),
            activities: vec!["charge".into()],
            now: Timestamp(2),
            limit: 100,
            but: vec![],
        };
        let claimed = store.claim_tasks(worker.fence, claim).await.expect("held");
        worker.fence.beat += 1;
        claiming += begun.elapsed();
        assert!(!claimed.is_empty());
        left -= u64::try_from(claimed.len()).expect("few");
        let begun = std::time::Instant::now();
        let ends = claimed.iter().map(|task| {
            let message = NewMessage {
                kind: MessageKind::Activity,
                ..message(&format!("end {:?}", task.new.of))
            };
            let of = task.new.of;
            Write::Task(TaskWrite::Report { of, message })
        });
        worker.commit(ends.collect()).await.expect("held");
        ending += begun.elapsed();
    }
    let each = |took: Duration| took.as_micros() / u128::from(count);
    println!(
        "{count:6} {what:8} put {:4} µs, claim {:4} µs, end {:4} µs",
        each(put),
        each(claiming),
        each(ending)
    );
}
