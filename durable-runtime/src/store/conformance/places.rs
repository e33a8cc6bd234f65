//! Room in a queue: how many runs are under way, of a queue and of a key, and how many begin when.

use super::kit::{
    QUEUE, Worker, blocked, claim, end, find, id, numbers, owned, park_until, start, terminate,
    waiting,
};
use crate::id::{RunId, Timestamp};
use crate::store::{
    Claim, Concurrency, End, FenceError, MessageKind, NewMessage, NewRun, Parent, ParentClose,
    Phase, QueueChange, QueueRecord, QueueSettings, Queueing, Rate, Sent, Store, Write, Written,
};
use std::time::Duration;

/// A start of which at most so many with this key are under way.
fn of(run: i64, key: &str, limit: u32) -> NewRun {
    let queueing = Queueing {
        concurrency: Some(Concurrency::new(key, limit)),
        ..Queueing::default()
    };
    NewRun {
        queueing,
        ..waiting(run)
    }
}

/// A child of `parent` that is awaited there.
fn child(run: i64, parent: i64) -> NewRun {
    let parent = Parent {
        run: RunId(parent),
        op: 1,
        close: ParentClose::Cancel,
        reports: true,
    };
    NewRun {
        parent: Some(parent),
        ..waiting(run)
    }
}

async fn started(store: &dyn Store, new: NewRun) {
    assert_eq!(store.start(new).await, Ok(Written::Started));
}

async fn starts(store: &dyn Store, runs: std::ops::Range<i64>) {
    for run in runs {
        start(store, run).await;
    }
}

async fn set(store: &dyn Store, change: QueueChange) -> QueueSettings {
    let settings = store.change_queue(QUEUE, change).await;
    settings.expect("a store that takes settings")
}

async fn concurrency(store: &dyn Store, limit: impl Into<Option<u32>>) {
    let change = QueueChange {
        concurrency: Some(limit.into()),
        ..QueueChange::default()
    };
    set(store, change).await;
}

async fn ends(worker: &mut Worker<'_>, run: i64) {
    assert_eq!(worker.write(Write::End(end(run, 0))).await, Written::Done);
}

async fn terminated(store: &dyn Store, run: i64) {
    let sent = store.send(&id(run), terminate(&format!("end {run}"))).await;
    assert_eq!(sent, Ok(Sent::Terminated(RunId(run))));
}

async fn next(store: &dyn Store) -> Option<i64> {
    let next = store
        .next_due(QUEUE, &claim(1).points, &[], Timestamp(1_000_000))
        .await;
    next.expect("readable").map(|at| at.0)
}

async fn counts(store: &dyn Store) -> Vec<(String, u64, u64)> {
    let all = store.queues().await.expect("readable");
    let count = |queue: QueueRecord| (queue.name, queue.waiting, queue.running);
    all.into_iter().map(count).collect()
}

pub async fn at_most_so_many_are_under_way(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    concurrency(store, 2).await;
    starts(store, 10..15).await;
    assert_eq!(numbers(&worker.claim(5).await), [10, 11]);
    assert_eq!((other.claim(5).await, next(store).await), (vec![], None));
    // A parked run keeps its place, and comes back whatever waits.
    worker.write(Write::Park(park_until(10, 8))).await;
    assert_eq!((other.claim(5).await, next(store).await), (vec![], Some(8)));
    assert_eq!(numbers(&other.claim(9).await), [10]);
    // So does a blocked one.
    other
        .write(Write::Park(blocked(10, "order/charge", 7)))
        .await;
    assert_eq!((other.claim(9).await, next(store).await), (vec![], None));
    ends(&mut worker, 11).await;
    assert_eq!(next(store).await, Some(1));
    assert_eq!(numbers(&other.claim(9).await), [12]);
    // And one whose worker has died, until it ends.
    assert_eq!(
        store
            .mark_dead(Timestamp(2_000))
            .await
            .map(|dead| dead.len()),
        Ok(1)
    );
    let mut third = Worker::register(store, 3).await;
    assert_eq!((third.claim(9).await, next(store).await), (vec![], None));
    third.take_over(other.id()).await;
    assert_eq!(third.claim(9).await, []);
    ends(&mut third, 12).await;
    terminated(store, 10).await;
    assert_eq!(numbers(&third.claim(9).await), [13, 14]);
}

pub async fn limits_hold_at_once_for_what_has_begun(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    starts(store, 12..14).await;
    let urgent = Write::Start(owned(14, worker.id()));
    assert_eq!(
        worker.write(Write::Park(park_until(10, 50))).await,
        Written::Parked
    );
    assert_eq!(counts(store).await, [(QUEUE.to_owned(), 3, 1)]);
    concurrency(store, 2).await;
    // Run 10 has recorded nothing: it begins again, as one that waits.
    assert_eq!(counts(store).await, [(QUEUE.to_owned(), 3, 1)]);
    assert_eq!(worker.write(urgent.clone()).await, Written::InLine);
    assert_eq!(store.has_line(QUEUE).await, Ok(true));
    assert_eq!(numbers(&worker.claim(5).await), [12]);
    concurrency(store, 3).await;
    assert_eq!(numbers(&worker.claim(5).await), [13]);
    concurrency(store, 1).await;
    for run in 11..13 {
        ends(&mut worker, run).await;
        assert_eq!(worker.claim(60).await, []);
    }
    ends(&mut worker, 13).await;
    assert_eq!(numbers(&worker.claim(60).await), [10]);
    // Without a limit and without anybody in line, there is none.
    concurrency(store, None).await;
    assert_eq!(worker.claim(60).await, []);
    assert_eq!(store.has_line(QUEUE).await, Ok(false));
    assert_eq!(worker.write(urgent).await, Written::Started);
    assert_eq!(counts(store).await, [(QUEUE.to_owned(), 0, 2)]);
}

pub async fn a_run_that_goes_on_keeps_its_place(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    concurrency(store, 1).await;
    started(store, of(10, "a", 1)).await;
    started(store, of(11, "a", 1)).await;
    assert_eq!(numbers(&worker.claim(5).await), [10]);
    let followed = End {
        phase: Phase::Continued,
        followed: true,
        ..end(10, 0)
    };
    let next_run = NewRun {
        id: id(10),
        ..of(12, "a", 1)
    };
    worker
        .commit(vec![Write::End(followed), Write::Start(next_run)])
        .await;
    assert_eq!(numbers(&worker.claim(5).await), [12]);
    assert!(find(store, 10).await.placed);
    ends(&mut worker, 12).await;
    assert_eq!(numbers(&worker.claim(5).await), [11]);
}

pub async fn a_key_is_under_way_so_often(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for (run, key) in [
        (10, "a"),
        (11, "a"),
        (12, "a"),
        (20, "b"),
        (30, "c"),
        (31, "c"),
    ] {
        started(store, of(run, key, 1)).await;
    }
    start(store, 40).await;
    assert_eq!(numbers(&worker.claim(5).await), [10, 20, 30, 40]);
    assert_eq!((worker.claim(5).await, next(store).await), (vec![], None));
    worker.write(Write::Park(park_until(10, 90))).await;
    assert_eq!(worker.claim(5).await, []);
    ends(&mut worker, 30).await;
    assert_eq!(numbers(&worker.claim(5).await), [31]);
    // Nobody waits any more for `b`: it is free for whoever comes.
    ends(&mut worker, 20).await;
    started(store, of(21, "b", 1)).await;
    assert_eq!(numbers(&worker.claim(5).await), [21]);
    // One that ends while it waits makes room for the next.
    terminated(store, 11).await;
    assert_eq!(worker.claim(5).await, []);
    terminated(store, 10).await;
    assert_eq!(numbers(&worker.claim(5).await), [12]);
}

pub async fn the_first_of_a_key_in_line_makes_room_when_it_ends(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..13 {
        started(store, of(run, "a", 1)).await;
    }
    terminated(store, 10).await;
    let pause = NewMessage::steer(MessageKind::Pause, "", Timestamp(20));
    assert_eq!(
        store.send(&id(11), pause).await,
        Ok(Sent::Accepted(RunId(11)))
    );
    // A paused one keeps nobody waiting.
    assert_eq!(numbers(&worker.claim(5).await), [12]);
    let resume = NewMessage::steer(MessageKind::Resume, "", Timestamp(20));
    assert_eq!(
        store.send(&id(11), resume).await,
        Ok(Sent::Accepted(RunId(11)))
    );
    assert_eq!(worker.claim(5).await, []);
    ends(&mut worker, 12).await;
    assert_eq!(numbers(&worker.claim(5).await), [11]);
}

pub async fn a_key_goes_by_order_and_by_the_limit_of_each_start(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let urgent = |new: NewRun| NewRun {
        queueing: Queueing {
            priority: Some(1),
            ..new.queueing
        },
        ..new
    };
    for new in [
        of(10, "a", 2),
        of(11, "a", 2),
        of(12, "a", 2),
        of(13, "a", 1),
    ] {
        started(store, new).await;
    }
    started(store, urgent(of(14, "a", 2))).await;
    assert_eq!(numbers(&worker.claim(5).await), [10, 11]);
    ends(&mut worker, 11).await;
    assert_eq!(numbers(&worker.claim(5).await), [14]);
    ends(&mut worker, 10).await;
    assert_eq!(numbers(&worker.claim(5).await), [12]);
    started(store, of(15, "a", 2)).await;
    // It wants to be alone, and nobody passes it.
    ends(&mut worker, 12).await;
    assert_eq!(worker.claim(5).await, []);
    ends(&mut worker, 14).await;
    assert_eq!(numbers(&worker.claim(5).await), [13, 15]);
    // What is set for the queue counts instead.
    started(store, of(16, "a", 2)).await;
    assert_eq!(worker.claim(5).await, []);
    let three = QueueChange {
        per_key: Some(Some(3)),
        ..QueueChange::default()
    };
    set(store, three).await;
    assert_eq!(numbers(&worker.claim(5).await), [16]);
}

pub async fn a_delayed_start_holds_no_key(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let late = NewRun {
        due_at: Timestamp(50),
        ..of(10, "a", 1)
    };
    started(store, late).await;
    started(store, of(11, "a", 1)).await;
    assert_eq!(numbers(&worker.claim(5).await), [11]);
    assert_eq!((worker.claim(60).await, next(store).await), (vec![], None));
    ends(&mut worker, 11).await;
    assert_eq!(numbers(&worker.claim(60).await), [10]);
}

pub async fn children_that_are_awaited_share_a_place(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    concurrency(store, 1).await;
    started(store, of(10, "a", 1)).await;
    assert_eq!(numbers(&worker.claim(5).await), [10]);
    let alone = |new: NewRun| NewRun {
        parent: new.parent.map(|parent| Parent {
            close: ParentClose::Abandon,
            ..parent
        }),
        ..new
    };
    start(store, 11).await;
    started(store, child(20, 10)).await;
    started(store, child(21, 20)).await;
    started(store, alone(child(22, 10))).await;
    let of_key = |run, key| NewRun {
        queueing: of(run, key, 1).queueing,
        ..child(run, 10)
    };
    started(store, of_key(23, "a")).await;
    started(store, of_key(24, "b")).await;
    started(store, of_key(25, "b")).await;
    // The child of a child that has not begun shares the place too; a key of its own it waits for.
    assert_eq!(numbers(&worker.claim(5).await), [20, 21, 23, 24]);
    assert_eq!(worker.claim(5).await, []);
    ends(&mut worker, 24).await;
    assert_eq!(numbers(&worker.claim(5).await), [25]);
    for run in [25, 23, 21, 20] {
        ends(&mut worker, run).await;
        assert_eq!(worker.claim(5).await, []);
    }
    ends(&mut worker, 10).await;
    assert_eq!(numbers(&worker.claim(5).await), [11]);
    ends(&mut worker, 11).await;
    assert_eq!(numbers(&worker.claim(5).await), [22]);
}

pub async fn a_paused_queue_begins_nothing(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    starts(store, 10..12).await;
    assert_eq!(
        numbers(
            &worker
                .try_claim(Claim {
                    limit: 1,
                    ..claim(5)
                })
                .await
                .unwrap()
        ),
        [10]
    );
    let pause = |paused| QueueChange {
        paused: Some(paused),
        ..QueueChange::default()
    };
    assert!(set(store, pause(true)).await.paused);
    start(store, 12).await;
    assert_eq!((worker.claim(5).await, next(store).await), (vec![], None));
    assert_eq!(
        worker.write(Write::Start(owned(13, worker.id()))).await,
        Written::InLine
    );
    // What has begun goes on.
    let far = crate::store::Park {
        seq: 0,
        ..park_until(10, 6)
    };
    worker.write(Write::Park(far)).await;
    assert_eq!(numbers(&worker.claim(9).await), [10]);
    assert_eq!(counts(store).await, [(QUEUE.to_owned(), 2, 1)]);
    assert_eq!(set(store, pause(false)).await, QueueSettings::default());
    assert_eq!(numbers(&worker.claim(9).await), [11, 12]);
}

pub async fn so_many_begin_in_a_period(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let rate = Rate {
        burst: 2,
        ..Rate::new(10, Duration::from_secs(1))
    };
    let change = QueueChange {
        rate: Some(Some(rate)),
        ..QueueChange::default()
    };
    assert_eq!(set(store, change).await.rate, Some(rate));
    starts(store, 10..18).await;
    assert_eq!(numbers(&worker.claim(5_000).await), [10, 11]);
    assert_eq!(
        (worker.claim(5_099).await, next(store).await),
        (vec![], Some(5_100))
    );
    // It counts for all workers, and one that dies gives nothing back.
    let mut other = Worker::register(store, 2).await;
    assert_eq!(numbers(&other.claim(5_100).await), [12]);
    assert_eq!(worker.claim(5_150).await, []);
    // Other settings leave the bucket as it is.
    concurrency(store, 100).await;
    assert_eq!(
        (worker.claim(5_150).await, next(store).await),
        (vec![], Some(5_200))
    );
    assert_eq!(numbers(&worker.claim(9_000).await), [13, 14]);
    set(
        store,
        QueueChange {
            rate: Some(None),
            ..QueueChange::default()
        },
    )
    .await;
    assert_eq!(numbers(&worker.claim(9_000).await), [15, 16, 17]);
}

pub async fn a_batch_that_fails_frees_no_place(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    concurrency(store, 2).await;
    for run in 10..12 {
        started(store, of(run, "a", 1)).await;
    }
    start(store, 20).await;
    start(store, 21).await;
    assert_eq!(numbers(&worker.claim(5).await), [10, 20]);
    let bug = End {
        phase: Phase::Running,
        ..end(20, 0)
    };
    let failed = worker
        .try_commit(vec![Write::End(end(10, 0)), Write::End(bug)])
        .await;
    assert!(matches!(failed, Err(FenceError::Store(_))), "{failed:?}");
    assert_eq!((worker.claim(5).await, next(store).await), (vec![], None));
    ends(&mut worker, 20).await;
    assert_eq!(numbers(&worker.claim(5).await), [21]);
    ends(&mut worker, 21).await;
    assert_eq!(worker.claim(5).await, []);
    ends(&mut worker, 10).await;
    assert_eq!(numbers(&worker.claim(5).await), [11]);
}

pub async fn queues_are_listed_by_name(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    assert_eq!(counts(store).await, []);
    worker.starts(&[10]).await;
    for (run, queue) in [(11, "b"), (12, "a"), (13, "b")] {
        let queue = queue.to_owned();
        started(
            store,
            NewRun {
                queue,
                ..waiting(run)
            },
        )
        .await;
    }
    let change = QueueChange {
        per_key: Some(Some(3)),
        ..QueueChange::default()
    };
    let settings = store.change_queue("z", change).await.expect("a store");
    let all = store.queues().await.expect("readable");
    let record = |name: &str, waiting, running| QueueRecord {
        name: name.into(),
        settings: QueueSettings::default(),
        waiting,
        running,
    };
    let last = QueueRecord {
        settings,
        ..record("z", 0, 0)
    };
    let expected = [
        record("a", 1, 0),
        record("b", 2, 0),
        record(QUEUE, 0, 1),
        last,
    ];
    assert_eq!(all, expected);
    ends(&mut worker, 10).await;
    assert_eq!(counts(store).await.len(), 3);
    let long = "q".repeat(crate::store::limits::NAME_BYTES_MAX + 1);
    assert!(store.change_queue(&long, change).await.is_err());
}
