//! Starting runs.

use super::kit::{
    Worker, attempt, end, find, id, numbers, owned, park, start, state, step, waiting,
};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{FenceError, NewRun, RunState, Store, StoreError, Write, Written};

pub async fn a_start_waits_for_a_claim(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let new = NewRun {
        due_at: Timestamp(5),
        ..waiting(10)
    };
    assert_eq!(store.start(new).await, Ok(Written::Started));
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(5)));
    assert!(worker.claim(4).await.is_empty());
    assert_eq!(numbers(&worker.claim(5).await), [10]);
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
}

pub async fn a_second_start_answers_the_first(store: &dyn Store) {
    start(store, 10).await;
    let first = find(store, 10).await;
    let second = NewRun {
        input: vec![9],
        id: id(10),
        ..waiting(11)
    };
    let answer = store.start(second).await;
    assert_eq!(answer, Ok(Written::Exists(Box::new(first.clone()))));
    // The same call repeated, as after a lost answer.
    let answer = store.start(waiting(10)).await;
    assert_eq!(answer, Ok(Written::Exists(Box::new(first.clone()))));
    assert_eq!(find(store, 10).await, first);
}

pub async fn a_finished_id_stays_taken(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::End(end(10, 0))).await;
    let finished = Box::new(find(store, 10).await);
    let again = NewRun {
        id: id(10),
        ..waiting(11)
    };
    let answer = store.start(again.clone()).await;
    assert_eq!(answer, Ok(Written::Exists(finished.clone())));
    let again = NewRun {
        owner: Some(worker.id()),
        ..again
    };
    let answer = worker.write(Write::Start(again)).await;
    assert_eq!(answer, Written::Exists(finished));
}

pub async fn a_born_owned_run_is_owned(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    worker.starts(&[10]).await;
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
    assert!(other.claim(100).await.is_empty());
}

pub async fn a_taken_id_refuses_what_follows_in_the_batch(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 20]).await;
    let second = NewRun {
        id: id(10),
        ..owned(11, worker.id())
    };
    let written = worker
        .commit(vec![
            Write::Start(second),
            Write::Step(step(11, 1)),
            Write::Step(step(20, 1)),
            Write::Attempt(attempt(11, 0, 1)),
            Write::Park(park(11, 0, 1)),
            Write::End(end(11, 1)),
        ])
        .await;
    assert!(matches!(&written[0], Written::Exists(run) if run.run.0 == 10));
    let refused = Written::Refused;
    assert_eq!(
        written[1..],
        [&refused, &Written::Done, &refused, &refused, &refused].map(Clone::clone)
    );
    assert_eq!(store.steps(RunId(11), 0, 9).await, Ok(vec![]));
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
}

pub async fn a_start_in_a_batch_may_wait_for_a_claim(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let written = worker.write(Write::Start(waiting(10))).await;
    assert_eq!(written, Written::Started);
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(1)));
    assert_eq!(numbers(&worker.claim(1).await), [10]);
}

pub async fn a_start_for_another_owner_is_a_bug(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let writes = vec![
        Write::Start(owned(9, worker.id())),
        Write::Start(owned(10, Incarnation(2))),
    ];
    let answer = worker.try_commit(writes).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Bug(_)))),
        "{answer:?}"
    );
    assert_eq!(store.find(&id(9)).await, Ok(None));
    // The beat did not move either.
    worker.starts(&[9]).await;
}

pub async fn a_born_owned_start_outside_a_batch_is_a_bug(store: &dyn Store) {
    let worker = Worker::register(store, 1).await;
    let answer = store.start(owned(10, worker.id())).await;
    assert!(matches!(answer, Err(StoreError::Bug(_))), "{answer:?}");
    assert_eq!(store.find(&id(10)).await, Ok(None));
}

pub async fn a_run_number_is_used_once(store: &dyn Store) {
    start(store, 10).await;
    let before = find(store, 10).await;
    let twin = NewRun {
        run: RunId(10),
        ..waiting(11)
    };
    assert_eq!(store.start(twin.clone()).await, Ok(Written::RunTaken));
    assert_eq!(store.find(&id(11)).await, Ok(None));
    assert_eq!(find(store, 10).await, before);
    // The same start again, whose answer was lost: its id is looked at first.
    let again = store.start(waiting(10)).await;
    assert_eq!(again, Ok(Written::Exists(Box::new(before))));
    // The id is as free as before.
    let other = NewRun {
        run: RunId(12),
        ..twin
    };
    assert_eq!(store.start(other).await, Ok(Written::Started));
}

pub async fn a_taken_run_number_refuses_its_own_writes_alone(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    worker.starts(&[20]).await;
    other.starts(&[10]).await;
    let twin = NewRun {
        run: RunId(10),
        ..owned(11, worker.id())
    };
    let writes = vec![
        Write::Start(twin.clone()),
        Write::Step(step(10, 1)),
        Write::Start(owned(30, worker.id())),
        Write::Step(step(20, 1)),
        Write::End(end(10, 1)),
    ];
    let expected = [
        Written::RunTaken,
        Written::Refused,
        Written::Started,
        Written::Done,
        Written::Refused,
    ];
    assert_eq!(worker.commit(writes).await, expected);
    assert_eq!(store.find(&id(11)).await, Ok(None));
    assert_eq!(state(store, 10).await, RunState::Owned(other.id()));
    assert_eq!(store.steps(RunId(10), 0, 9).await, Ok(vec![]));
    // An ended run keeps its number too.
    other.write(Write::End(end(10, 0))).await;
    assert_eq!(worker.write(Write::Start(twin)).await, Written::RunTaken);
}
