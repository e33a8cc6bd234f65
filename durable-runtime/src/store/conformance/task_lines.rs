//! Turns of tasks and room for them: priority, fairness, limits of a queue and of a key, rates.

use super::kit::{Worker, end, id};
use super::tasks::{cancel, claim, due, of, put, report, task, told, try_claim};
use crate::id::{RunId, Timestamp};
use crate::store::{
    Concurrency, Fairness, MessageKind, NewMessage, NewTask, QueueChange, Queueing, Rate, Sent,
    Store, TaskClaim, TaskQueue, TaskWrite, Write, Written,
};
use std::time::Duration;

/// A task with this turn.
fn turned(run: i64, op: u64, queueing: Queueing) -> NewTask {
    NewTask {
        queueing,
        ..task(run, op, 30)
    }
}

fn priority(priority: u8) -> Queueing {
    Queueing {
        priority: Some(priority),
        ..Queueing::default()
    }
}

fn fair(key: &str, weight: f64) -> Queueing {
    Queueing {
        fairness: Some(Fairness::new(key, weight)),
        ..Queueing::default()
    }
}

fn keyed(run: i64, op: u64, key: &str, limit: u32) -> NewTask {
    let concurrency = Some(Concurrency::new(key, limit));
    turned(
        run,
        op,
        Queueing {
            concurrency,
            ..Queueing::default()
        },
    )
}

async fn set(store: &dyn Store, change: QueueChange) {
    let changed = store.change_queue("gpu", change).await;
    changed.expect("a store that takes settings");
}

async fn concurrency(store: &dyn Store, limit: impl Into<Option<u32>>) {
    let change = QueueChange {
        activity_concurrency: Some(limit.into()),
        ..QueueChange::default()
    };
    set(store, change).await;
}

async fn per_key(store: &dyn Store, limit: impl Into<Option<u32>>) {
    let change = QueueChange {
        activity_per_key: Some(limit.into()),
        ..QueueChange::default()
    };
    set(store, change).await;
}

async fn puts(owner: &mut Worker<'_>, tasks: impl IntoIterator<Item = NewTask>) {
    let writes: Vec<_> = tasks.into_iter().map(put).collect();
    let written = owner.commit(writes).await;
    assert!(written.iter().all(|own| *own == Written::Done));
}

/// The operations that a claim of so many finds; a look has said whether there are any.
async fn takes(worker: &mut Worker<'_>, limit: usize, now: i64) -> Vec<u64> {
    let claim = TaskClaim {
        now: Timestamp(now),
        ..claim(limit)
    };
    let due = due(worker.store, &claim).await;
    let claimed = try_claim(worker, claim).await.expect("the fence holds");
    assert!(due || claimed.is_empty(), "{claimed:?} were not seen");
    claimed.into_iter().map(|task| task.new.of.op).collect()
}

/// From when a claim may find something.
async fn next(store: &dyn Store) -> Option<i64> {
    let at = store.tasks_due(&claim(1)).await.expect("readable");
    at.map(|at| at.0)
}

/// Makes a worker say how one has ended.
async fn ends(worker: &mut Worker<'_>, op: u64) {
    let written = worker.write(report(of(10, op), &format!("r{op}"))).await;
    assert_eq!(written, Written::Done);
}

async fn returns(worker: &mut Worker<'_>, op: u64) {
    let of = of(10, op);
    let back = Write::Task(TaskWrite::Return { of });
    assert_eq!(worker.write(back).await, Written::Done);
}

pub async fn tasks_go_by_priority(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    let priorities = [(1, 5), (2, 3), (3, 1), (4, 3), (5, 1)];
    puts(
        &mut owner,
        priorities.map(|(op, p)| turned(10, op, priority(p))),
    )
    .await;
    assert_eq!(takes(&mut owner, 3, 40).await, [3, 5, 2]);
    puts(&mut owner, [turned(10, 6, priority(1))]).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [6, 4, 1]);
}

/// A key with many tasks keeps another one waiting for a turn, whoever came first.
pub async fn tasks_of_several_keys_have_their_turns(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    let many = (1..=40).map(|op| turned(10, op, fair("many", 1.0)));
    puts(&mut owner, many).await;
    assert_eq!(takes(&mut owner, 2, 40).await, [1, 2]);
    puts(&mut owner, [turned(10, 50, fair("one", 1.0))]).await;
    let heavy = (51..=54).map(|op| turned(10, op, fair("heavy", 2.0)));
    puts(&mut owner, heavy).await;
    let bare = (61..=62).map(|op| turned(10, op, Queueing::default()));
    puts(&mut owner, bare).await;
    let two = takes(&mut owner, 3, 40).await;
    assert_eq!(two, [50, 51, 61]);
    let next = takes(&mut owner, 5, 40).await;
    assert_eq!(next, [52, 3, 53, 62, 54]);
    // Nothing was saved up: one that comes anew has one turn at a time.
    let again = (71..=72).map(|op| turned(10, op, fair("one", 1.0)));
    puts(&mut owner, again).await;
    assert_eq!(takes(&mut owner, 4, 40).await, [71, 4, 72, 5]);
    assert_eq!(takes(&mut owner, 99, 40).await.len(), 35);
}

pub async fn at_most_so_many_are_carried_out(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut first = Worker::register(store, 2).await;
    let mut second = Worker::register(store, 3).await;
    concurrency(store, 2).await;
    owner.starts(&[10, 11]).await;
    puts(&mut owner, (1..=9).map(|op| task(10, op, 30))).await;
    puts(&mut owner, [task(11, 20, 31)]).await;
    assert_eq!(takes(&mut first, 1, 40).await, [1]);
    assert_eq!(takes(&mut second, 9, 40).await, [2]);
    assert_eq!(
        (takes(&mut first, 9, 40).await, next(store).await),
        (vec![], None)
    );
    assert_eq!(store.task_depth("gpu", 100).await, Ok((8, 2)));
    assert_eq!(store.task_depth("gpu", 5).await, Ok((5, 2)));
    let queues = store.task_queues().await.expect("readable");
    let TaskQueue {
        waiting, running, ..
    } = queues[0];
    assert_eq!((waiting, running), (8, 2));
    // The end of one frees its place, however it ends.
    ends(&mut first, 1).await;
    assert_eq!(next(store).await, Some(40));
    assert_eq!(takes(&mut first, 9, 40).await, [3]);
    returns(&mut second, 2).await;
    assert_eq!(takes(&mut first, 9, 40).await, [2]);
    let run = RunId(10);
    owner
        .write(Write::Task(TaskWrite::Remove { run, op: 2 }))
        .await;
    assert_eq!(takes(&mut first, 9, 40).await, [4]);
    store.retire(first.id()).await.expect("writable");
    assert_eq!(takes(&mut second, 1, 40).await, [3]);
    // One that is to stop has its place until it has stopped.
    owner.write(cancel(of(10, 3), "c")).await;
    assert_eq!(takes(&mut second, 9, 40).await, [4]);
    assert_eq!(takes(&mut second, 9, 40).await, [0; 0]);
    assert_eq!(owner.write(Write::End(end(10, 0))).await, Written::Done);
    assert_eq!(takes(&mut second, 9, 40).await, [20]);
}

/// What a dead worker had is free once it is declared dead, and telling of that needs no place.
pub async fn the_places_of_a_dead_worker_are_free(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut first = Worker::register(store, 2).await;
    concurrency(store, 1).await;
    per_key(store, 1).await;
    owner.starts(&[10]).await;
    let keyed = (1..=3).map(|op| keyed(10, op, "a", 9));
    puts(&mut owner, keyed).await;
    assert_eq!(takes(&mut first, 9, 40).await, [1]);
    assert_eq!(takes(&mut first, 9, 40).await, [0; 0]);
    let late = crate::store::Fence {
        lease_until: Timestamp(9_000),
        ..owner.fence
    };
    store
        .commit(late, [].into())
        .await
        .expect("the fence holds");
    owner.fence.beat += 1;
    store.mark_dead(Timestamp(2_000)).await.expect("writable");
    assert_eq!(takes(&mut owner, 9, 2_000).await, [1, 2]);
    assert_eq!(takes(&mut owner, 9, 2_000).await, [0; 0]);
    ends(&mut owner, 1).await;
    assert_eq!(takes(&mut owner, 9, 2_000).await, [0; 0]);
    ends(&mut owner, 2).await;
    assert_eq!(takes(&mut owner, 9, 2_000).await, [3]);
}

pub async fn at_most_so_many_tasks_of_a_key_are_carried_out(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    let tasks = [
        keyed(10, 1, "a", 1),
        keyed(10, 2, "a", 1),
        keyed(10, 3, "b", 2),
        keyed(10, 4, "b", 2),
        keyed(10, 5, "b", 2),
        keyed(10, 6, "c", u32::MAX),
        keyed(10, 7, "c", u32::MAX),
        keyed(10, 8, "a", 1),
    ];
    puts(&mut owner, tasks).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [1, 3, 4, 6, 7]);
    // Those behind others of their keys are not what a worker waits for.
    assert_eq!(store.task_depth("gpu", 100).await, Ok((0, 5)));
    assert_eq!(next(store).await, None);
    returns(&mut owner, 1).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [1]);
    ends(&mut owner, 1).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [2]);
    ends(&mut owner, 4).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [5]);
    // One in line that goes away lets the next one in.
    puts(&mut owner, [keyed(10, 9, "d", 1), keyed(10, 10, "d", 1)]).await;
    owner.write(cancel(of(10, 9), "c")).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [10]);
    ends(&mut owner, 2).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [8]);
}

/// What is set for the queue goes before what calls say, from then on.
pub async fn limits_of_tasks_change_at_any_time(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    let keyed = (1..=9).map(|op| keyed(10, op, "a", u32::MAX));
    puts(&mut owner, keyed).await;
    assert_eq!(takes(&mut owner, 3, 40).await, [1, 2, 3]);
    per_key(store, 1).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [0; 0]);
    for op in [1, 2] {
        ends(&mut owner, op).await;
        assert_eq!(takes(&mut owner, 9, 40).await, [0; 0]);
    }
    ends(&mut owner, 3).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [4]);
    per_key(store, 3).await;
    assert_eq!(next(store).await, Some(40));
    assert_eq!(takes(&mut owner, 9, 40).await, [5, 6]);
    per_key(store, None).await;
    concurrency(store, 4).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [7]);
    concurrency(store, 1).await;
    ends(&mut owner, 4).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [0; 0]);
    concurrency(store, None).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [8, 9]);
}

pub async fn attempts_on_a_queue_have_a_rate(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    let rate = Rate {
        burst: 2,
        ..Rate::new(10, Duration::from_millis(100))
    };
    let change = |rate| QueueChange {
        activity_rate: Some(rate),
        ..QueueChange::default()
    };
    set(store, change(Some(rate))).await;
    puts(&mut owner, (1..=9).map(|op| task(10, op, 30))).await;
    assert_eq!(takes(&mut owner, 1, 40).await, [1]);
    assert_eq!(takes(&mut other, 9, 40).await, [2]);
    assert_eq!(next(store).await, Some(50));
    assert_eq!(takes(&mut owner, 9, 49).await, [0; 0]);
    assert_eq!(takes(&mut owner, 9, 50).await, [3]);
    // Neither an end nor a worker that goes gives anything back.
    ends(&mut owner, 3).await;
    store.retire(other.id()).await.expect("writable");
    assert_eq!(takes(&mut owner, 9, 50).await, [0; 0]);
    assert_eq!(takes(&mut owner, 9, 71).await, [2, 4]);
    // Of another rate nothing is used up.
    set(store, change(Some(Rate { burst: 1, ..rate }))).await;
    assert_eq!(takes(&mut owner, 9, 71).await, [5]);
    set(store, change(None)).await;
    assert_eq!(takes(&mut owner, 9, 71).await, [6, 7, 8, 9]);
}

/// A task of a run that rests keeps nobody waiting.
pub async fn a_paused_run_leaves_the_line_of_activities(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10, 11]).await;
    puts(&mut owner, [keyed(11, 21, "a", 1)]).await;
    puts(&mut owner, [keyed(10, 1, "a", 1), keyed(10, 2, "a", 1)]).await;
    let send = async |msg: &str, kind| {
        let message = NewMessage { kind, ..told(msg) };
        let sent = store.send(&id(11), message).await;
        assert_eq!(sent, Ok(Sent::Accepted(RunId(11))));
    };
    send("p", MessageKind::Pause).await;
    // Its owner may not have heard of that yet.
    puts(&mut owner, [keyed(11, 22, "a", 1)]).await;
    assert_eq!(store.task_depth("gpu", 100).await, Ok((1, 0)));
    assert_eq!(takes(&mut owner, 9, 40).await, [1]);
    send("r", MessageKind::Resume).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [0; 0]);
    for op in [1, 2] {
        ends(&mut owner, op).await;
        let next = if op == 1 { 2 } else { 21 };
        assert_eq!(takes(&mut owner, 9, 40).await, [next]);
    }
}

/// What holds for starts does not hold for activities, and the other way round.
pub async fn limits_of_starts_are_not_those_of_activities(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    let change = QueueChange {
        concurrency: Some(Some(1)),
        per_key: Some(Some(1)),
        rate: Some(Some(Rate::new(1, Duration::from_secs(60)))),
        ..QueueChange::default()
    };
    set(store, change).await;
    puts(&mut owner, (1..=3).map(|op| keyed(10, op, "a", 9))).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [1, 2, 3]);
    let queues = store.queues().await.expect("readable");
    let gpu = queues.iter().find(|queue| queue.name == "gpu");
    let gpu = gpu.expect("something is set for it");
    assert_eq!((gpu.waiting, gpu.running), (0, 0));
    assert_eq!(gpu.settings.activity_concurrency, None);
}

/// What leaves the line without a worker is no turn of its key, and of one key the order stays.
pub async fn a_task_that_leaves_the_line_costs_its_key_nothing(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10, 11]).await;
    puts(
        &mut owner,
        (1..=10).map(|op| turned(10, op, fair("leaves", 1.0))),
    )
    .await;
    let rests = (11..=20).map(|op| turned(11, op, fair("leaves", 1.0)));
    puts(&mut owner, rests).await;
    let stays = (31..=40).map(|op| turned(10, op, fair("stays", 1.0)));
    puts(&mut owner, stays).await;
    assert_eq!(takes(&mut owner, 2, 40).await, [1, 31]);
    for op in 3..=10 {
        owner.write(cancel(of(10, op), &format!("c{op}"))).await;
    }
    let pause = NewMessage {
        kind: MessageKind::Pause,
        ..told("p")
    };
    let sent = store.send(&id(11), pause).await;
    assert_eq!(sent, Ok(Sent::Accepted(RunId(11))));
    let later = (51..=52).map(|op| turned(10, op, fair("leaves", 1.0)));
    puts(&mut owner, later).await;
    let next = takes(&mut owner, 6, 40).await;
    assert_eq!(next, [2, 32, 33, 51, 34, 52]);
}

/// A call with a limit is not passed for ever by calls of its key that have none.
pub async fn a_limited_task_is_not_passed_by_unlimited_ones_of_its_key(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    puts(&mut owner, [keyed(10, 1, "a", u32::MAX)]).await;
    puts(&mut owner, [keyed(10, 2, "a", 1)]).await;
    puts(&mut owner, (3..=5).map(|op| keyed(10, op, "a", u32::MAX))).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [1]);
    ends(&mut owner, 1).await;
    assert_eq!(takes(&mut owner, 1, 40).await, [2]);
    // Those behind it have no limit of their own.
    assert_eq!(takes(&mut owner, 9, 40).await, [3, 4, 5]);
}

/// What is given back is first, however many are, and whoever comes between.
pub async fn no_returned_task_is_passed(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[9, 10]).await;
    puts(&mut owner, (1..=2).map(|op| task(10, op, 30))).await;
    assert_eq!(takes(&mut owner, 9, 40).await, [1, 2]);
    returns(&mut owner, 1).await;
    returns(&mut owner, 2).await;
    assert_eq!(takes(&mut owner, 1, 40).await, [1]);
    puts(&mut owner, [task(9, 3, 50)]).await;
    assert_eq!(takes(&mut owner, 1, 40).await, [2]);
    assert_eq!(takes(&mut owner, 1, 40).await, [3]);
}
