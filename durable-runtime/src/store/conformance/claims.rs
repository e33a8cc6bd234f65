//! Claims, and the fence in front of them.

use super::kit::{
    CHARGE, FRESH, LEASE, QUEUE, Worker, attempt, claim, end, find, id, numbers, owned, park,
    park_until, send, start, state, step, waiting,
};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    AttemptOf, AttemptRecord, Claim, FenceError, NewRun, NewStep, Park, RunState, Store, Unfit,
    Write, Written,
};

pub async fn a_claim_takes_the_earliest_first(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    for (run, due_at) in [(10, 7), (11, 3), (12, 9), (13, 5)] {
        let new = NewRun {
            due_at: Timestamp(due_at),
            ..waiting(run)
        };
        assert_eq!(store.start(new).await, Ok(Written::Started));
    }
    let two = Claim {
        limit: 2,
        ..claim(8)
    };
    let first = worker
        .try_claim(two.clone())
        .await
        .expect("the fence holds");
    assert_eq!(numbers(&first), [11, 13]);
    // Nobody gets the same run, and nobody gets one that is not due.
    let second = other.try_claim(two).await.expect("the fence holds");
    assert_eq!(numbers(&second), [10]);
    assert_eq!(state(store, 11).await, RunState::Owned(worker.id()));
    assert_eq!(state(store, 10).await, RunState::Owned(other.id()));
    assert_eq!(state(store, 12).await, RunState::Waiting(Timestamp(9)));
}

pub async fn a_claim_filters_by_queue_and_point(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Park(park_until(10, 5))).await;
    start(store, 11).await;
    let gpu = NewRun {
        queue: "gpu".into(),
        ..waiting(12)
    };
    assert_eq!(store.start(gpu).await, Ok(Written::Started));
    let ask = |queue: &str, points: &[&str]| Claim {
        queue: queue.into(),
        points: points.iter().map(|point| (*point).to_owned()).collect(),
        ..claim(100)
    };
    let none = [
        ask(QUEUE, &[]),
        ask(QUEUE, &["order/other"]),
        ask("gpu", &[CHARGE]),
        ask("tpu", &[FRESH]),
    ];
    for claim in none {
        assert_eq!(worker.try_claim(claim).await, Ok(vec![]));
    }
    let wanted = [
        (ask(QUEUE, &[CHARGE, "order/other"]), 10),
        (ask(QUEUE, &[FRESH]), 11),
        (ask("gpu", &[FRESH, CHARGE]), 12),
    ];
    for (claim, run) in wanted {
        let claimed = worker.try_claim(claim).await.expect("the fence holds");
        assert_eq!(numbers(&claimed), [run]);
    }
}

pub async fn unfit_kinds_are_left_to_others(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    worker.starts(&[10, 11, 12]).await;
    // The second and third have the largest and the smallest number that a database stores.
    let parks = [
        (10, 5, 7),
        (11, 6, i64::MAX.cast_unsigned()),
        (12, 7, i64::MIN.cast_unsigned()),
    ];
    for (run, due, fingerprint) in parks {
        let park = Park {
            fingerprint,
            ..park_until(run, due)
        };
        worker.write(Write::Park(park)).await;
    }
    let kind = |point: &str, fingerprint| Unfit {
        point: point.into(),
        fingerprint,
    };
    let next = async |unfit: &[Unfit]| {
        let points = [CHARGE.to_owned(), FRESH.to_owned()];
        let next = store
            .next_due(QUEUE, &points, unfit, Timestamp(1_000_000))
            .await;
        next.expect("readable").map(|at| at.0)
    };
    // Another point, one that no database has heard of, and another fingerprint: nothing is unfit.
    let strange = [
        kind(FRESH, 7),
        kind("order/never", 7),
        kind(CHARGE, 8),
        kind(CHARGE, u64::MAX),
    ];
    assert_eq!(next(&strange).await, Some(5));
    let mut unfit = strange.to_vec();
    for (due, (_, _, fingerprint)) in [Some(6), Some(7), None].into_iter().zip(parks) {
        unfit.push(kind(CHARGE, fingerprint));
        assert_eq!(next(&unfit).await, due);
    }
    let ask = |unfit: &[Unfit]| Claim {
        unfit: unfit.to_vec(),
        ..claim(100)
    };
    assert_eq!(worker.try_claim(ask(&unfit)).await, Ok(vec![]));
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(5)));
    // A run that has not begun has no frame: its point is another.
    start(store, 13).await;
    assert_eq!(next(&unfit).await, Some(1));
    let claimed = worker.try_claim(ask(&unfit)).await;
    assert_eq!(numbers(&claimed.expect("the fence holds")), [13]);
    let claimed = other.try_claim(ask(&unfit[..5])).await;
    assert_eq!(numbers(&claimed.expect("the fence holds")), [11, 12]);
    assert_eq!(numbers(&other.claim(100).await), [10]);
}

pub async fn a_claim_brings_all_that_is_needed(store: &dyn Store) {
    let mut first = Worker::register(store, 1).await;
    let mut second = Worker::register(store, 2).await;
    first.starts(&[10]).await;
    send(store, 10, "read").await;
    let ord = store.inbox(RunId(10)).await.expect("readable")[0].ord;
    let consuming = NewStep {
        consumed: vec![ord],
        settled: vec![
            AttemptOf::Activity { op: 1 },
            AttemptOf::Workflow { seq: 1 },
        ],
        ..step(10, 2)
    };
    let panicked = |seq| AttemptRecord {
        of: AttemptOf::Workflow { seq },
        ..attempt(10, 0, 1)
    };
    first
        .commit(vec![
            Write::Step(step(10, 1)),
            Write::Attempt(attempt(10, 1, 1)),
            Write::Attempt(attempt(10, 2, 1)),
            Write::Attempt(panicked(1)),
            Write::Step(consuming),
            Write::Attempt(attempt(10, 2, 2)),
            Write::Attempt(panicked(2)),
        ])
        .await;
    send(store, 10, "unread").await;
    let Written::Woken { wakes } = first.write(Write::Park(park(10, ord, 2))).await else {
        panic!("a message arrived after the counter was read");
    };
    first.write(Write::Park(park(10, wakes, 2))).await;
    send(store, 10, "later").await;

    let claimed = second.claim(100).await.remove(0);
    assert_eq!(claimed.run, find(store, 10).await);
    assert_eq!(claimed.run.state, RunState::Owned(second.id()));
    assert_eq!(claimed.run.input, [1, 2]);
    assert_eq!(
        claimed.latest,
        store.latest_step(RunId(10)).await.expect("readable")
    );
    assert_eq!(
        claimed.latest.and_then(|step| step.frame),
        Some(vec![4, 5, 6])
    );
    // One from before the latest step is still under way.
    let open = [attempt(10, 2, 1), attempt(10, 2, 2), panicked(2)];
    assert_eq!(claimed.attempts, open);
    let inbox: Vec<_> = claimed.inbox.iter().map(|m| m.msg.as_str()).collect();
    assert_eq!(inbox, ["unread", "later"]);
    assert_eq!(claimed.strikes, 0);
    assert_eq!(
        second.write(Write::Park(park(10, claimed.wakes, 2))).await,
        Written::Parked
    );
}

pub async fn next_due_is_the_earliest_that_fits(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let points = |points: &[&str]| points.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>();
    let both = points(&[FRESH, CHARGE]);
    assert_eq!(
        store
            .next_due(QUEUE, &both, &[], Timestamp(1_000_000))
            .await,
        Ok(None)
    );
    worker.starts(&[10, 11, 12]).await;
    worker.write(Write::Park(park_until(10, 30))).await;
    worker.write(Write::Park(park_until(11, 25))).await;
    worker.write(Write::Park(park(12, 0, 0))).await;
    assert_eq!(
        store
            .next_due(QUEUE, &both, &[], Timestamp(1_000_000))
            .await,
        Ok(Some(Timestamp(25)))
    );
    assert_eq!(
        store
            .next_due(QUEUE, &points(&[FRESH]), &[], Timestamp(1_000_000))
            .await,
        Ok(None)
    );
    assert_eq!(
        store
            .next_due("gpu", &both, &[], Timestamp(1_000_000))
            .await,
        Ok(None)
    );
    start(store, 13).await;
    // A time that has passed is an answer too.
    assert_eq!(
        store
            .next_due(QUEUE, &both, &[], Timestamp(1_000_000))
            .await,
        Ok(Some(Timestamp(1)))
    );
}

/// Tries every fenced call with this fence, and checks that none changed anything.
async fn writes_nothing(mut worker: Worker<'_>, error: FenceError) {
    let store = worker.store;
    start(store, 90).await;
    let before = (find(store, 90).await, store.workers().await);
    let run = owned(91, worker.id());
    for writes in [
        vec![],
        vec![Write::Start(run)],
        vec![Write::End(end(10, 0))],
    ] {
        assert_eq!(worker.try_commit(writes).await, Err(error.clone()));
    }
    assert_eq!(worker.try_claim(claim(100)).await, Err(error.clone()));
    assert_eq!(worker.try_take_over(Incarnation(77), 9).await, Err(error));
    assert_eq!(store.find(&id(91)).await, Ok(None));
    assert_eq!((find(store, 90).await, store.workers().await), before);
}

pub async fn a_stale_beat_writes_nothing(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.commit(vec![]).await;
    assert_eq!(worker.fence.beat, 2);
    // One behind: that batch was applied. Two behind or ahead: another history.
    let behind = Worker::with_beat(store, 1, 1);
    let batch = store
        .commit(behind.fence, [Write::End(end(10, 0))].into())
        .await;
    assert_eq!(batch, Err(FenceError::AlreadyApplied));
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
    writes_nothing(Worker::with_beat(store, 1, 0), FenceError::HistoryLost).await;
    let ahead = Worker::with_beat(store, 1, 3);
    let batch = store
        .commit(ahead.fence, [Write::End(end(10, 0))].into())
        .await;
    assert_eq!(batch, Err(FenceError::HistoryLost));
    // The worker itself goes on.
    assert_eq!(worker.write(Write::End(end(10, 0))).await, Written::Done);
}

pub async fn an_unknown_worker_writes_nothing(store: &dyn Store) {
    writes_nothing(Worker::with_beat(store, 1, 0), FenceError::HistoryLost).await;
}

pub async fn a_dead_worker_writes_nothing(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let dead = store.mark_dead(Timestamp(LEASE.0 + 1)).await;
    assert_eq!(dead, Ok(vec![worker.id()]));
    let stale = Worker::with_beat(store, 1, 0);
    assert_eq!(
        store.commit(stale.fence, [].into()).await,
        Err(FenceError::Dead)
    );
    writes_nothing(worker, FenceError::Dead).await;
    assert_eq!(state(store, 10).await, RunState::Owned(Incarnation(1)));
}
