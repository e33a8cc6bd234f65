//! Tasks: attempts of activities that workers of other queues carry out.

use super::kit::{Worker, end, find, id, park, signal, start, step, terminate};
use crate::id::{RunId, Timestamp};
use crate::store::{
    AttemptOf, End, FenceError, MessageKind, NewMessage, NewRun, NewStep, NewTask, Phase, Queueing,
    RunState, Sent, Store, StoreError, Task, TaskClaim, TaskOf, TaskQueue, TaskRecord, TaskWrite,
    Write, Written,
};

const RUN: RunId = RunId(10);
const ACTIVITY: &str = "charge";

pub(super) fn of(run: i64, op: u64) -> TaskOf {
    TaskOf {
        run: RunId(run),
        op,
        attempt: 1,
    }
}

pub(super) fn task(run: i64, op: u64, put_at: i64) -> NewTask {
    NewTask {
        of: of(run, op),
        queue: "gpu".into(),
        queueing: Queueing::default(),
        activity: ACTIVITY.into(),
        put_at: Timestamp(put_at),
        body: vec![7, 7],
    }
}

pub(super) fn put(task: NewTask) -> Write {
    Write::Task(TaskWrite::Put(task))
}

pub(super) fn told(msg: &str) -> NewMessage {
    NewMessage {
        kind: MessageKind::Activity,
        ..signal(msg, "1", 5)
    }
}

pub(super) fn report(of: TaskOf, msg: &str) -> Write {
    let message = told(msg);
    Write::Task(TaskWrite::Report { of, message })
}

fn beat(of: TaskOf, at: i64, details: u8) -> Write {
    let (at, details) = (Timestamp(at), vec![details]);
    Write::Task(TaskWrite::Beat { of, at, details })
}

pub(super) fn cancel(of: TaskOf, msg: &str) -> Write {
    let message = told(msg);
    Write::Task(TaskWrite::Cancel { of, message })
}

pub(super) fn claim(limit: usize) -> TaskClaim {
    TaskClaim {
        queue: "gpu".into(),
        activities: vec!["other".into(), ACTIVITY.into()],
        now: Timestamp(40),
        limit,
        but: vec![],
    }
}

pub(super) async fn try_claim(
    worker: &mut Worker<'_>,
    claim: TaskClaim,
) -> Result<Vec<Task>, FenceError> {
    let claimed = worker.store.claim_tasks(worker.fence, claim).await?;
    worker.fence.beat += 1;
    Ok(claimed)
}

pub(super) async fn claimed(worker: &mut Worker<'_>) -> Vec<Task> {
    let claimed = try_claim(worker, claim(100)).await;
    claimed.expect("the fence holds")
}

async fn inbox(store: &dyn Store, run: i64) -> Vec<String> {
    let inbox = store.inbox(RunId(run)).await.expect("readable");
    inbox.into_iter().map(|message| message.msg).collect()
}

/// Whether a claim would find something now.
pub(super) async fn due(store: &dyn Store, claim: &TaskClaim) -> bool {
    let at = store.tasks_due(claim).await.expect("readable");
    at.is_some_and(|at| at <= claim.now)
}

pub(super) async fn has(store: &dyn Store) -> bool {
    due(store, &claim(1)).await
}

async fn left(store: &dyn Store, run: i64) -> Vec<u64> {
    let tasks = store.tasks(RunId(run)).await.expect("readable");
    tasks.into_iter().map(|task| task.op).collect()
}

pub async fn a_task_is_claimed_by_one(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut first = Worker::register(store, 2).await;
    let mut second = Worker::register(store, 3).await;
    owner.starts(&[10, 11]).await;
    assert!(!has(store).await);
    let all = [task(11, 1, 20), task(10, 2, 25), task(10, 1, 30)];
    let written = owner.commit(all.map(put).to_vec()).await;
    assert_eq!(written, vec![Written::Done; 3]);
    assert!(has(store).await);
    let oldest = try_claim(&mut first, claim(2)).await.expect("held");
    let expected = |new: NewTask| Task {
        id: id(new.of.run.0),
        new,
        beat: None,
        cancelled: false,
        lost: false,
    };
    assert_eq!(
        oldest,
        vec![expected(task(11, 1, 20)), expected(task(10, 2, 25))]
    );
    assert_eq!(claimed(&mut second).await, vec![expected(task(10, 1, 30))]);
    assert!(!has(store).await);
    assert_eq!(claimed(&mut first).await, vec![]);
    let own = store.tasks_of(second.id()).await;
    assert_eq!(own, Ok(vec![(of(10, 1), false)]));
    let record = TaskRecord {
        op: 1,
        attempt: 1,
        queue: "gpu".into(),
        put_at: Timestamp(30),
        worker: Some(second.id()),
        claimed_at: Some(Timestamp(40)),
        beat_at: None,
        cancelled: false,
        waits_for: None,
    };
    let records = store.tasks(RUN).await.expect("readable");
    assert_eq!((records.len(), &records[0]), (2, &record));
}

pub async fn a_task_is_claimed_by_queue_and_activity(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    let elsewhere = TaskClaim {
        queue: "main".into(),
        ..claim(9)
    };
    let without = TaskClaim {
        activities: vec!["other".into()],
        ..claim(9)
    };
    for other in [elsewhere, without] {
        assert!(!due(store, &other).await);
        assert_eq!(try_claim(&mut owner, other).await, Ok(vec![]));
    }
    assert_eq!(claimed(&mut owner).await.len(), 1);
}

pub async fn a_claim_of_tasks_is_fenced(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    let mut stale = Worker::with_beat(store, 1, owner.fence.beat - 1);
    let refused = try_claim(&mut stale, claim(9)).await;
    assert_eq!(refused, Err(FenceError::AlreadyApplied));
    store.mark_dead(Timestamp(1_001)).await.expect("writable");
    let refused = try_claim(&mut owner, claim(9)).await;
    assert_eq!(refused, Err(FenceError::Dead));
    assert!(has(store).await, "nothing was claimed");
}

pub async fn a_report_is_told_once(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    let (of, message) = (of(10, 1), told("begun"));
    let begin = Write::Task(TaskWrite::Begin { of, message });
    // Nobody has it, and then somebody else.
    assert_eq!(other.write(begin.clone()).await, Written::Refused);
    claimed(&mut other).await;
    for write in [beat(of, 41, 3), begin.clone(), report(of, "stolen")] {
        assert_eq!(owner.write(write).await, Written::Refused);
    }
    let later = TaskOf { attempt: 2, ..of };
    assert_eq!(other.write(report(later, "later")).await, Written::Refused);
    assert_eq!(inbox(store, 10).await, Vec::<String>::new());
    assert_eq!(other.write(begin).await, Written::Done);
    assert_eq!(inbox(store, 10).await, ["begun"]);
    assert_eq!(other.write(report(of, "end")).await, Written::Done);
    assert_eq!(other.write(report(of, "again")).await, Written::Refused);
    assert_eq!(inbox(store, 10).await, ["begun", "end"]);
    assert_eq!(left(store, 10).await, Vec::<u64>::new());
    assert_eq!(store.tasks_of(other.id()).await, Ok(vec![]));
}

pub async fn a_report_wakes_a_run_that_waits(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    let parked = vec![put(task(10, 1, 30)), Write::Park(park(10, 0, 0))];
    let written = owner.commit(parked).await;
    assert_eq!(written, vec![Written::Done, Written::Parked]);
    claimed(&mut other).await;
    assert_eq!(find(store, 10).await.state, RunState::Idle);
    other.write(report(of(10, 1), "end")).await;
    let due = find(store, 10).await.state;
    assert_eq!(due, RunState::Waiting(Timestamp(20)));
}

pub async fn only_the_owner_puts_tasks(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    let remove = Write::Task(TaskWrite::Remove { run: RUN, op: 1 });
    for write in [put(task(10, 2, 30)), cancel(of(10, 1), "c"), remove] {
        assert_eq!(other.write(write).await, Written::Refused);
    }
    assert_eq!(left(store, 10).await, [1]);
    let long = NewTask {
        queue: "q".repeat(5_000),
        ..task(10, 2, 30)
    };
    let refused = owner.try_commit(vec![put(long)]).await;
    let too_large =
        |error: &FenceError| matches!(error, FenceError::Store(StoreError::TooLarge { .. }));
    assert!(refused.as_ref().is_err_and(too_large), "{refused:?}");
}

pub async fn a_task_goes_with_its_operation(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    let all = (1..=4).map(|op| put(task(10, op, 30)));
    owner.commit(all.collect()).await;
    claimed(&mut other).await;
    // Another attempt takes the place of the first, and nobody has it.
    let again = NewTask {
        of: TaskOf {
            attempt: 2,
            ..of(10, 3)
        },
        ..task(10, 3, 50)
    };
    let settling = NewStep {
        settled: vec![AttemptOf::Activity { op: 1 }],
        ..step(10, 1)
    };
    let remove = Write::Task(TaskWrite::Remove { run: RUN, op: 2 });
    let writes = vec![Write::Step(settling), remove.clone(), put(again.clone())];
    owner.commit(writes).await;
    assert_eq!(owner.write(remove).await, Written::Done, "or nothing");
    assert_eq!(left(store, 10).await, [3, 4]);
    assert_eq!(
        store.tasks_of(other.id()).await,
        Ok(vec![(of(10, 4), false)])
    );
    for op in 1..=3 {
        let late = other.write(report(of(10, op), "late")).await;
        assert_eq!(late, Written::Refused);
    }
    let found = claimed(&mut other).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].new, again);
    owner.write(Write::End(end(10, 1))).await;
    assert_eq!(left(store, 10).await, Vec::<u64>::new());
    assert_eq!(
        other.write(report(of(10, 4), "late")).await,
        Written::Refused
    );
}

pub async fn tasks_end_with_their_runs(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10, 11]).await;
    let parked = vec![put(task(10, 1, 30)), Write::Park(park(10, 0, 0))];
    owner.commit(parked).await;
    owner.write(put(task(11, 1, 30))).await;
    claimed(&mut other).await;
    let sent = store.send(&id(10), terminate("t")).await;
    assert_eq!(sent, Ok(Sent::Terminated(RUN)));
    let next = NewRun {
        owner: Some(owner.id()),
        id: id(11),
        ..super::kit::waiting(12)
    };
    let continued = End {
        phase: Phase::Continued,
        followed: true,
        ..end(11, 0)
    };
    owner
        .commit(vec![Write::End(continued), Write::Start(next)])
        .await;
    assert_eq!(store.tasks_of(other.id()).await, Ok(vec![]));
    let late = other.write(report(of(11, 1), "late")).await;
    assert_eq!(late, Written::Refused);
    assert_eq!(inbox(store, 12).await, Vec::<String>::new());
}

pub async fn a_cancelled_task_stops_or_never_begins(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    claimed(&mut other).await;
    owner.write(put(task(10, 2, 30))).await;
    let of = |op, attempt| TaskOf {
        attempt,
        ..of(10, op)
    };
    let writes = vec![
        cancel(of(1, 1), "one"),
        cancel(of(2, 1), "two"),
        cancel(of(3, 1), "three"),
        cancel(of(1, 2), "another attempt"),
    ];
    assert_eq!(owner.commit(writes).await, vec![Written::Done; 4]);
    assert_eq!(inbox(store, 10).await, ["two"], "nobody had it");
    assert_eq!(left(store, 10).await, [1]);
    let own = store.tasks_of(other.id()).await;
    assert_eq!(own, Ok(vec![(of(1, 1), true)]), "its worker is to stop");
    assert_eq!(other.write(report(of(1, 1), "one")).await, Written::Done);
}

pub async fn what_a_retired_worker_had_can_be_claimed(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut first = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner.write(put(task(10, 1, 30))).await;
    claimed(&mut first).await;
    assert_eq!(first.write(beat(of(10, 1), 41, 3)).await, Written::Done);
    owner.write(cancel(of(10, 1), "c")).await;
    store.retire(first.id()).await.expect("writable");
    let again = claimed(&mut owner).await;
    let beat = Some((Timestamp(41), vec![3]));
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].beat, again[0].lost), (&beat, false));
    assert!(again[0].cancelled, "whoever has it is to stop");
}

pub async fn what_a_dead_worker_had_is_lost(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut first = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner
        .commit(vec![put(task(10, 1, 30)), put(task(10, 2, 31))])
        .await;
    let both = claimed(&mut first).await;
    assert_eq!(both.len(), 2);
    first.write(beat(of(10, 1), 41, 3)).await;
    // The lease of one ends; the other lives on.
    owner.fence.lease_until = Timestamp(5_000);
    owner.commit(vec![]).await;
    store.mark_dead(Timestamp(1_001)).await.expect("writable");
    let late = first.try_commit(vec![report(of(10, 1), "late")]).await;
    assert_eq!(late, Err(FenceError::Dead));
    let again = claimed(&mut owner).await;
    let beats: Vec<_> = again.iter().map(|task| task.beat.clone()).collect();
    assert_eq!(beats, [Some((Timestamp(41), vec![3])), None]);
    assert!(again.iter().all(|task| task.lost));
    // The living keeps what it has.
    store.mark_dead(Timestamp(1_002)).await.expect("writable");
    let own = store.tasks_of(owner.id()).await.expect("readable");
    assert_eq!(own.len(), 2);
    // A new attempt is not lost.
    owner.write(put(task(10, 1, 60))).await;
    assert!(!claimed(&mut owner).await[0].lost);
}

pub async fn a_batch_that_fails_leaves_tasks_alone(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    owner.starts(&[10]).await;
    owner.starts(&[11]).await;
    owner
        .commit(vec![put(task(10, 1, 30)), Write::Step(step(10, 1))])
        .await;
    claimed(&mut other).await;
    let remove = Write::Task(TaskWrite::Remove { run: RUN, op: 1 });
    let writes = vec![remove, put(task(10, 2, 30)), Write::Step(step(10, 1))];
    assert!(owner.try_commit(writes).await.is_err(), "a repeated step");
    assert_eq!(left(store, 10).await, [1]);
    let own = store.tasks_of(other.id()).await;
    assert_eq!(own, Ok(vec![(of(10, 1), false)]));
    // The worker's part of a batch, too.
    let mut both = Worker::with_beat(store, 1, owner.fence.beat);
    both.write(put(task(11, 1, 30))).await;
    claimed(&mut both).await;
    let writes = vec![report(of(11, 1), "end"), Write::Step(step(10, 1))];
    assert!(both.try_commit(writes).await.is_err(), "a repeated step");
    assert_eq!(inbox(store, 11).await, Vec::<String>::new());
    assert_eq!(both.write(report(of(11, 1), "end")).await, Written::Done);
}

pub async fn queues_with_tasks_are_listed(store: &dyn Store) {
    let mut owner = Worker::register(store, 1).await;
    start(store, 9).await;
    owner.starts(&[10]).await;
    let elsewhere = NewTask {
        queue: "fax".into(),
        ..task(10, 4, 33)
    };
    let all = [task(10, 1, 30), task(10, 2, 35), task(10, 3, 40), elsewhere];
    owner.commit(all.map(put).to_vec()).await;
    try_claim(&mut owner, claim(1)).await.expect("held");
    let queue = |name: &str, waiting, running, since| TaskQueue {
        queue: name.into(),
        waiting,
        running,
        since: Some(Timestamp(since)),
    };
    let expected = vec![queue("fax", 1, 0, 33), queue("gpu", 2, 1, 35)];
    assert_eq!(store.task_queues().await, Ok(expected));
    claimed(&mut owner).await;
    let queues = store.task_queues().await.expect("readable");
    assert_eq!((queues[1].waiting, queues[1].since), (0, None));
}
