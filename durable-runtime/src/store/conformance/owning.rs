//! The lives of workers: leases, death, takeover, retirement.

use super::kit::{
    LEASE, Worker, attempt, find, new_worker, numbers, park_until, send, start, state, step,
};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    AttemptOf, FenceError, NewStep, NewWorker, RunState, Store, StoreError, WORKER_KEPT, Write,
    Written,
};

/// A moment after the kit's leases have ended.
const LATE: Timestamp = Timestamp(LEASE.0 + 1);

pub async fn a_worker_registers_once(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.commit(vec![]).await;
    let again = store.register(new_worker(1)).await;
    assert!(matches!(again, Err(StoreError::Bug(_))), "{again:?}");
    // Its beat stays.
    worker.commit(vec![]).await;
}

pub async fn a_beat_extends_the_lease(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.fence.lease_until = Timestamp(3_000);
    worker.commit(vec![]).await;
    let workers = store.workers().await.expect("readable");
    assert_eq!(
        (workers[0].lease_until, workers[0].beat),
        (Timestamp(3_000), 2)
    );
    assert_eq!(store.mark_dead(Timestamp(3_000)).await, Ok(vec![]));
    assert_eq!(
        store.mark_dead(Timestamp(3_001)).await,
        Ok(vec![worker.id()])
    );
}

pub async fn the_late_are_declared_dead(store: &dyn Store) {
    let mut late = Worker::register(store, 1).await;
    late.starts(&[10]).await;
    let mut living = Worker::register(store, 2).await;
    living.fence.lease_until = Timestamp(5_000);
    living.starts(&[20]).await;
    // Late as well, but it owns nothing that somebody could take.
    let mut idle = Worker::register(store, 3).await;
    assert_eq!(store.mark_dead(LEASE).await, Ok(vec![]));
    assert_eq!(store.mark_dead(LATE).await, Ok(vec![late.id()]));
    assert_eq!(late.try_commit(vec![]).await, Err(FenceError::Dead));
    assert_eq!(idle.try_commit(vec![]).await, Err(FenceError::Dead));
    living.commit(vec![]).await;
}

pub async fn the_dead_are_listed_until_their_runs_are_taken(store: &dyn Store) {
    let mut dead = Worker::register(store, 1).await;
    dead.starts(&[10]).await;
    for _ in 0..2 {
        assert_eq!(store.mark_dead(LATE).await, Ok(vec![dead.id()]));
    }
    let mut heir = Worker::register(store, 2).await;
    heir.fence.lease_until = Timestamp(5_000);
    assert_eq!(numbers(&heir.take_over(dead.id()).await), [10]);
    assert_eq!(store.mark_dead(LATE).await, Ok(vec![]));
}

pub async fn a_takeover_moves_runs_in_portions(store: &dyn Store) {
    let mut dead = Worker::register(store, 1).await;
    dead.starts(&[10, 11, 12]).await;
    let settling = NewStep {
        settled: vec![AttemptOf::Activity { op: 1 }],
        ..step(10, 2)
    };
    let writes = vec![
        Write::Step(step(10, 1)),
        Write::Attempt(attempt(10, 1, 1)),
        Write::Attempt(attempt(10, 2, 1)),
        Write::Step(settling),
    ];
    dead.commit(writes).await;
    send(store, 10, "a").await;
    store.mark_dead(LATE).await.expect("writable");
    let mut heir = Worker::register(store, 2).await;
    let mut taken = heir
        .try_take_over(dead.id(), 2)
        .await
        .expect("the fence holds");
    assert_eq!(taken.len(), 2);
    taken.extend(
        heir.try_take_over(dead.id(), 2)
            .await
            .expect("the fence holds"),
    );
    assert!(heir.take_over(dead.id()).await.is_empty());
    taken.sort_by_key(|taken| taken.run.run);
    assert_eq!(numbers(&taken), [10, 11, 12]);
    assert_eq!(taken[0].run, find(store, 10).await);
    assert_eq!(taken[0].run.state, RunState::Owned(heir.id()));
    assert_eq!(
        taken[0].latest,
        store.latest_step(RunId(10)).await.expect("readable")
    );
    assert_eq!(taken[0].attempts, [attempt(10, 2, 1)]);
    assert_eq!(taken[0].inbox.len(), 1);
    assert_eq!(taken[1].latest, None);
    assert_eq!(heir.write(Write::Step(step(10, 3))).await, Written::Done);
}

pub async fn a_takeover_from_the_living_is_a_bug(store: &dyn Store) {
    let mut living = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    living.starts(&[10]).await;
    let answer = other.try_take_over(living.id(), 9).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Bug(_)))),
        "{answer:?}"
    );
    assert_eq!(state(store, 10).await, RunState::Owned(living.id()));
    other.commit(vec![]).await;
}

pub async fn a_retired_worker_leaves_without_a_strike(store: &dyn Store) {
    let mut retired = Worker::register(store, 1).await;
    retired.starts(&[10]).await;
    assert_eq!(store.retire(retired.id()).await, Ok(()));
    assert_eq!(store.retire(retired.id()).await, Ok(()));
    assert_eq!(store.retire(Incarnation(99)).await, Ok(()));
    assert_eq!(retired.try_commit(vec![]).await, Err(FenceError::Dead));
    // At once: its lease has not ended.
    assert_eq!(store.mark_dead(Timestamp(0)).await, Ok(vec![retired.id()]));
    let mut heir = Worker::register(store, 2).await;
    let taken = heir.take_over(retired.id()).await;
    assert_eq!((numbers(&taken), taken[0].strikes), (vec![10], 0));
}

/// Lets `dead` miss its lease and `heir` take its run over; returns the strikes.
async fn strikes_after_death(dead: &Worker<'_>, heir: &mut Worker<'_>) -> u32 {
    let late = Timestamp(dead.fence.lease_until.0 + 1);
    dead.store.mark_dead(late).await.expect("writable");
    heir.fence.lease_until = Timestamp(late.0 + 100);
    let taken = heir.take_over(dead.id()).await;
    assert_eq!(numbers(&taken), [10]);
    taken[0].strikes
}

pub async fn strikes_count_deaths_without_progress(store: &dyn Store) {
    let mut first = Worker::register(store, 1).await;
    start(store, 10).await;
    assert_eq!(first.claim(1).await[0].strikes, 0);
    let mut second = Worker::register(store, 2).await;
    second.fence.lease_until = Timestamp(9_000);
    second.commit(vec![]).await;
    assert_eq!(strikes_after_death(&first, &mut second).await, 1);
    let mut third = Worker::register(store, 3).await;
    third.fence.lease_until = Timestamp(99_000);
    third.commit(vec![]).await;
    assert_eq!(strikes_after_death(&second, &mut third).await, 2);
    // A recorded step is progress.
    third.write(Write::Step(step(10, 1))).await;
    let mut fourth = Worker::register(store, 4).await;
    fourth.fence.lease_until = Timestamp(999_000);
    fourth.commit(vec![]).await;
    assert_eq!(strikes_after_death(&third, &mut fourth).await, 0);
    // And so is a park in good order, or waiting would look like dying.
    let mut fifth = Worker::register(store, 5).await;
    fifth.fence.lease_until = Timestamp(9_999_000);
    fifth.commit(vec![]).await;
    assert_eq!(strikes_after_death(&fourth, &mut fifth).await, 1);
    for _ in 0..2 {
        let park = crate::store::Park {
            seq: 1,
            ..park_until(10, 5)
        };
        assert_eq!(fifth.write(Write::Park(park)).await, Written::Parked);
        assert_eq!(fifth.claim(5).await[0].strikes, 0);
    }
}

pub async fn workers_are_listed_living_first(store: &dyn Store) {
    let mut dead = Worker::register(store, 1).await;
    dead.starts(&[10, 11]).await;
    store.mark_dead(LATE).await.expect("writable");
    let mut living = Worker::register(store, 2).await;
    living.starts(&[20]).await;
    let workers = store.workers().await.expect("readable");
    let seen: Vec<_> = workers
        .iter()
        .map(|w| (w.worker.0, w.label.as_str(), w.alive, w.beat, w.owned))
        .collect();
    assert_eq!(
        seen,
        [(2, "worker 2", true, 1, 1), (1, "worker 1", false, 1, 2)]
    );
}

pub async fn who_is_long_gone_is_forgotten(store: &dyn Store) {
    let mut dead = Worker::register(store, 1).await;
    dead.starts(&[10]).await;
    let retired = Worker::register(store, 2).await;
    store.retire(retired.id()).await.expect("writable");
    let living = NewWorker {
        lease_until: Timestamp(i64::MAX),
        ..new_worker(3)
    };
    store.register(living).await.expect("a new worker");
    let known = async || {
        let workers = store.workers().await.expect("readable");
        let mut known: Vec<_> = workers.iter().map(|worker| worker.worker.0).collect();
        known.sort_unstable();
        known
    };
    let late = Timestamp(LEASE.0 + 1);
    assert_eq!(store.mark_dead(late).await, Ok(vec![dead.id()]));
    let week = LEASE.after(WORKER_KEPT);
    assert_eq!(store.mark_dead(week).await, Ok(vec![dead.id()]));
    assert_eq!(known().await, [1, 2, 3]);
    // Who owns something stays until that is taken.
    let after = Timestamp(week.0 + 1);
    assert_eq!(store.mark_dead(after).await, Ok(vec![dead.id()]));
    assert_eq!(known().await, [1, 3]);
    let mut other = Worker::with_beat(store, 3, 0);
    other.fence.lease_until = Timestamp(i64::MAX);
    assert_eq!(other.take_over(dead.id()).await.len(), 1);
    assert_eq!(store.mark_dead(after).await, Ok(vec![]));
    assert_eq!(known().await, [3]);
    // It writes nothing any more, as before.
    assert_eq!(dead.try_commit(vec![]).await, Err(FenceError::HistoryLost));
}
