//! Which tasks a claim finds: of what is paused, and of what is over.

use super::kit::{Worker, id, park};
use super::tasks::{cancel, claim, claimed, due, has, of, put, task, told, try_claim};
use crate::id::RunId;
use crate::store::{
    MessageKind, NewMessage, QueueChange, Sent, Store, TaskClaim, TaskWrite, Write, Written,
};

pub async fn tasks_of_a_paused_run_wait(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    let parked = vec![put(task(10, 1, 30)), Write::Park(park(10, 0, 0))];
    owner.commit(parked).await;
    let pause = |kind| NewMessage { kind, ..told("p") };
    let sent = store.send(&id(10), pause(MessageKind::Pause)).await;
    assert_eq!(sent, Ok(Sent::Accepted(RunId(10))));
    assert!(!has(store).await);
    assert_eq!(claimed(&mut owner).await, vec![]);
    let sent = store.send(&id(10), pause(MessageKind::Resume)).await;
    assert_eq!(sent, Ok(Sent::Accepted(RunId(10))));
    assert!(has(store).await);
    assert_eq!(claimed(&mut owner).await.len(), 1);
}

pub async fn tasks_of_a_paused_queue_wait(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    let pause = |paused| QueueChange {
        paused: Some(paused),
        ..QueueChange::default()
    };
    let change = async |paused| {
        let changed = store.change_queue("gpu", pause(paused)).await;
        changed.expect("writable");
    };
    change(true).await;
    assert!(!has(store).await);
    assert_eq!(claimed(&mut owner).await, vec![]);
    change(false).await;
    assert!(has(store).await);
    assert_eq!(claimed(&mut owner).await.len(), 1);
    // Of what is over its run is told all the same.
    owner.write(cancel(of(10, 1), "c")).await;
    store.retire(owner.id()).await.expect("writable");
    change(true).await;
    let mut other = Worker::register(store, 2).await;
    assert!(claimed(&mut other).await[0].cancelled);
}

pub async fn what_is_over_is_claimed_by_any_worker_and_first(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut first = Worker::register(store, 2).await;
    let mut other = Worker::register(store, 3).await;
    owner.starts(&[10]).await;
    owner
        .commit(vec![put(task(10, 1, 35)), put(task(10, 2, 36))])
        .await;
    assert_eq!(claimed(&mut first).await.len(), 2);
    owner.write(put(task(10, 3, 30))).await;
    owner.write(cancel(of(10, 2), "c")).await;
    // One is returned; of the other only its run is to be told.
    for op in [1, 2] {
        let of = of(10, op);
        let back = Write::Task(TaskWrite::Return { of });
        assert_eq!(other.write(back.clone()).await, Written::Refused);
        assert_eq!(first.write(back.clone()).await, Written::Done);
        assert_eq!(first.write(back).await, Written::Refused);
    }
    let elsewhere = TaskClaim {
        queue: "main".into(),
        activities: vec![],
        ..claim(9)
    };
    let but = vec![of(10, 2)];
    let others = TaskClaim {
        but,
        ..elsewhere.clone()
    };
    assert!(!due(store, &others).await);
    assert!(due(store, &elsewhere).await);
    assert_eq!(try_claim(&mut other, others).await, Ok(vec![]));
    let over = try_claim(&mut other, elsewhere.clone())
        .await
        .expect("held");
    assert_eq!((over.len(), over[0].new.of), (1, of(10, 2)));
    assert!(over[0].cancelled && !over[0].lost);
    assert_eq!(over[0].new.queue, "gpu");
    assert!(!due(store, &elsewhere).await);
    store.retire(other.id()).await.expect("writable");
    // It comes before older ones, and counts for the limit. What was returned is the first in line.
    let two = try_claim(&mut owner, claim(2)).await.expect("held");
    let ops = two.iter().map(|task| task.new.of.op);
    assert_eq!(ops.collect::<Vec<_>>(), [2, 1]);
    let others = TaskClaim {
        but: vec![of(10, 3), of(10, 9)],
        ..claim(9)
    };
    assert!(!due(store, &others).await);
    assert_eq!(try_claim(&mut owner, others).await, Ok(vec![]));
    assert_eq!(claimed(&mut owner).await[0].new.of.op, 3);
}
