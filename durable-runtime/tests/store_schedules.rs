//! The nine schedules that broke simpler protocols, replayed on the stores.
//!
//! Two handles on one SQLite file stand for two processes; what two orders of events can decide
//! is raced for real, many times. B7 and B9 were found on PostgreSQL, where a statement sees a
//! snapshot older than its transaction's locks; their tests say what remains of them here.

mod store_kit;

use durable_runtime::id::{Incarnation, RunId};
use durable_runtime::store::{
    FenceError, MemoryStore, MessageKind, NewMessage, NewRun, NewStep, Phase, RunState, Sent,
    SqliteStore, Store, Write, Written,
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store_kit::{LATE, LEASE, Worker, end, id, message, new_run, park, step};
use tempfile::TempDir;

const RUN: RunId = RunId(10);

/// Two handles on one database.
struct Two {
    a: SqliteStore,
    b: SqliteStore,
    path: PathBuf,
    _folder: TempDir,
}

impl Two {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("orders.db");
        Self {
            a: store_kit::open(&path).await,
            b: store_kit::open(&path).await,
            path,
            _folder: folder,
        }
    }
}

/// A worker that owns the run.
async fn owner(store: &dyn Store) -> Worker<'_> {
    let mut worker = Worker::register(store, 1).await;
    let started = worker.write(Write::Start(new_run(10, Some(1)))).await;
    assert_eq!(started, Ok(Written::Started));
    worker
}

async fn heir(store: &dyn Store) -> Worker<'_> {
    let mut worker = Worker::register(store, 2).await;
    worker.fence.lease_until = durable_runtime::id::Timestamp(9_000);
    worker.commit(vec![]).await.expect("the fence holds");
    worker
}

async fn latest_seq(store: &dyn Store) -> Option<i64> {
    let latest = store.latest_step(RUN).await.expect("readable");
    latest.map(|step| step.seq)
}

/// A's appends race with B's takeover: what B reads is final.
#[tokio::test(flavor = "multi_thread")]
async fn b1_an_append_cannot_follow_a_takeover() {
    for round in 0..20 {
        let two = Two::open().await;
        let mut a = owner(&two.a).await;
        let mut b = heir(&two.b).await;
        let appending = async {
            for seq in 1.. {
                if let Err(error) = a.write(Write::Step(step(10, seq))).await {
                    assert_eq!(error, FenceError::Dead);
                    return seq - 1;
                }
            }
            unreachable!("steps have no end")
        };
        let taking = async {
            while round > 0 && latest_seq(&two.b).await.unwrap_or(0) < round {
                tokio::task::yield_now().await;
            }
            let dead = two.b.mark_dead(LATE).await.expect("writable");
            assert_eq!(dead, [Incarnation(1)]);
            b.take_over(dead[0])
                .await
                .expect("the fence holds")
                .remove(0)
        };
        let (acknowledged, taken) = tokio::join!(appending, taking);
        let read = taken.latest.map_or(0, |step| step.seq);
        assert_eq!(
            (read, latest_seq(&two.a).await.unwrap_or(0)),
            (acknowledged, acknowledged)
        );
    }
}

/// A start that arrives after its worker's death and sweep is refused.
#[tokio::test]
async fn b2_born_owned_orphan() {
    let two = Two::open().await;
    let mut a = owner(&two.a).await;
    let mut b = heir(&two.b).await;
    let dead = two.b.mark_dead(LATE).await.expect("writable");
    b.take_over(dead[0]).await.expect("the fence holds");
    let late = a.write(Write::Start(new_run(11, Some(1)))).await;
    assert_eq!(late, Err(FenceError::Dead));
    assert_eq!(two.b.find(&id(11)).await, Ok(None));
}

/// The slow sweep: a run whose owner has no row (a restored backup) is found all the same.
#[tokio::test]
async fn b2_an_owner_without_a_row_is_swept() {
    let two = Two::open().await;
    owner(&two.a).await;
    let raw = Connection::open(&two.path).expect("a database");
    raw.execute("DELETE FROM worker", []).expect("writable");
    let mut b = heir(&two.b).await;
    let dead = two.b.mark_dead(LEASE).await.expect("writable");
    assert_eq!(dead, [Incarnation(1)]);
    assert_eq!(b.take_over(dead[0]).await.map(|taken| taken.len()), Ok(1));
}

/// A reads an empty inbox; a signal commits; A parks.
#[tokio::test]
async fn b3_a_signal_while_owned_stops_the_park() {
    let two = Two::open().await;
    let mut a = owner(&two.a).await;
    assert_eq!(two.a.mail(Incarnation(1), &[]).await, Ok(vec![]));
    two.b.send(&id(10), message("a")).await.expect("writable");
    let parked = a.write(Write::Park(park(10, 0, 0))).await;
    assert_eq!(parked, Ok(Written::Woken { wakes: 1 }));
}

/// Sends `count` messages.
async fn send_all(store: &dyn Store, count: usize) {
    for msg in 0..count {
        let sent = store.send(&id(10), message(&msg.to_string())).await;
        assert!(matches!(sent, Ok(Sent::Accepted(_))), "{sent:?}");
    }
}

/// Parks, claims and consumes until it has `count` messages.
async fn receive_all(worker: &mut Worker<'_>, count: usize) -> Vec<String> {
    let (mut wakes, mut seq, mut received) = (0, 0, Vec::new());
    while received.len() < count {
        let inbox = match worker.write(Write::Park(park(10, wakes, seq))).await {
            Ok(Written::Parked) => loop {
                let claimed = worker.claim().await.expect("the fence holds");
                if let Some(claimed) = claimed.into_iter().next() {
                    wakes = claimed.wakes;
                    break claimed.inbox;
                }
                worker.store.changed(None, Duration::from_millis(100)).await;
            },
            Ok(Written::Woken { .. }) => {
                let (_, now, messages) = worker
                    .store
                    .mail(worker.fence.worker, &[])
                    .await
                    .expect("readable")
                    .remove(0);
                wakes = now;
                messages
            }
            other => panic!("a park answered {other:?}"),
        };
        assert!(
            inbox.iter().all(|message| message.ord <= wakes),
            "{inbox:?} {wakes}"
        );
        for message in inbox {
            seq += 1;
            let consuming = NewStep {
                consumed: vec![message.ord],
                ..step(10, seq)
            };
            worker
                .write(Write::Step(consuming))
                .await
                .expect("the fence holds");
            received.push(message.msg);
        }
    }
    received
}

/// The counter is read before the inbox, after every claim and refused park: with a sender that
/// never rests, no message is lost, doubled or out of order.
#[tokio::test(flavor = "multi_thread")]
async fn b4_counter_and_inbox_of_one_moment() {
    const COUNT: usize = 200;
    let two = Two::open().await;
    let mut a = owner(&two.a).await;
    let race = async { tokio::join!(receive_all(&mut a, COUNT), send_all(&two.b, COUNT)).0 };
    let received = tokio::time::timeout(Duration::from_secs(60), race).await;
    let received = received.expect("a message was lost: nothing wakes the run any more");
    assert_eq!(
        received,
        (0..COUNT).map(|n| n.to_string()).collect::<Vec<_>>()
    );
}

/// Terminate of an owned run is a message; the owner goes on until it reads it.
#[tokio::test]
async fn b5_only_the_owner_writes_an_owned_run() {
    let two = Two::open().await;
    let mut a = owner(&two.a).await;
    let terminate = NewMessage {
        kind: MessageKind::Terminate,
        ..message("t")
    };
    assert_eq!(
        two.b.send(&id(10), terminate).await,
        Ok(Sent::Accepted(RUN))
    );
    assert_eq!(a.write(Write::Step(step(10, 1))).await, Ok(Written::Done));
    let ended = a.write(Write::End(end(10, Phase::Terminated, 1))).await;
    assert_eq!(ended, Ok(Written::Done));
    let run = two.b.find(&id(10)).await.expect("readable").expect("there");
    assert_eq!((run.phase, run.seq), (Phase::Terminated, 1));
}

/// Goes back to a backup: the files are replaced while nobody has them open.
async fn restore(store: SqliteStore, path: &Path, backup: &Path) -> SqliteStore {
    store.close().await.expect("closed");
    for log in ["-wal", "-shm"] {
        let mut log_path = path.as_os_str().to_owned();
        log_path.push(log);
        // The last connection to close removes them.
        assert!(!Path::new(&log_path).exists());
    }
    std::fs::copy(backup, path).expect("writable");
    store_kit::open(path).await
}

/// A holds steps that the restored database does not have: nothing of A is accepted, not even a
/// heartbeat, and a new life goes on from what is there.
#[tokio::test]
async fn b6_a_restored_backup_refuses_what_it_does_not_know() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, backup) = (
        folder.path().join("orders.db"),
        folder.path().join("backup.db"),
    );
    let store = store_kit::open(&path).await;
    let mut a = owner(&store).await;
    a.write(Write::Step(step(10, 1)))
        .await
        .expect("the fence holds");
    let raw = Connection::open(&path).expect("a database");
    raw.execute("VACUUM INTO ?1", [backup.to_str()])
        .expect("a backup");
    drop(raw);
    a.write(Write::Step(step(10, 2)))
        .await
        .expect("the fence holds");
    let fence = a.fence;

    let store = restore(store, &path, &backup).await;
    assert_eq!(latest_seq(&store).await, Some(1));
    let mut a = Worker {
        store: &store,
        fence,
    };
    for writes in [vec![Write::Step(step(10, 3))], vec![]] {
        assert_eq!(a.commit(writes).await, Err(FenceError::HistoryLost));
    }
    assert_eq!(a.claim().await, Err(FenceError::HistoryLost));
    store.retire(fence.worker).await.expect("writable");
    let mut again = heir(&store).await;
    let taken = again
        .take_over(fence.worker)
        .await
        .expect("the fence holds");
    assert_eq!(taken[0].latest.as_ref().map(|step| step.seq), Some(1));
    assert_eq!(
        again.write(Write::Step(step(10, 2))).await,
        Ok(Written::Done)
    );
}

/// A park that the restore forgot would leave the run behind A's healthy lease: A is refused too.
#[tokio::test]
async fn b6_a_worker_born_after_the_backup_is_unknown() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (path, backup) = (
        folder.path().join("orders.db"),
        folder.path().join("backup.db"),
    );
    let store = store_kit::open(&path).await;
    let raw = Connection::open(&path).expect("a database");
    raw.execute("VACUUM INTO ?1", [backup.to_str()])
        .expect("a backup");
    drop(raw);
    let fence = owner(&store).await.fence;
    let store = restore(store, &path, &backup).await;
    let mut a = Worker {
        store: &store,
        fence,
    };
    assert_eq!(a.commit(vec![]).await, Err(FenceError::HistoryLost));
}

/// On PostgreSQL a plain read may miss a commit that is still under way. There is no such moment
/// on SQLite; what remains is that a caller may not know. Repeating the call decides.
#[tokio::test]
async fn b7_an_ambiguous_commit_is_decided_by_repeating_it() {
    let two = Two::open().await;
    let mut a = owner(&two.a).await;
    let batch = vec![Write::Step(step(10, 1))];
    // Asked for, but the answer is not waited for.
    let mut lost = Box::pin(two.a.commit(a.fence, batch.clone().into()));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(lost.as_mut().poll(cx))).await;
    assert!(
        polled.is_pending(),
        "the writer cannot have answered before it was asked"
    );
    drop(lost);
    assert_eq!(a.commit(batch).await, Err(FenceError::AlreadyApplied));
    a.fence.beat += 1;
    assert_eq!(latest_seq(&two.b).await, Some(1));

    // The other outcome: it was not applied, because another process held the lock.
    let other = Connection::open(&two.path).expect("a second connection");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("the lock is free");
    let batch = vec![Write::Step(step(10, 2))];
    let hurried = store_kit::open_impatient(&two.path).await;
    let refused = hurried.commit(a.fence, batch.clone().into()).await;
    assert!(matches!(refused, Err(FenceError::Store(_))), "{refused:?}");
    other
        .execute_batch("ROLLBACK")
        .expect("an open transaction");
    assert_eq!(a.commit(batch).await, Ok(vec![Written::Done]));
}

/// Messages by id race with a run that continues as a new one again and again: each is accepted
/// and none is lost on the way.
#[tokio::test(flavor = "multi_thread")]
async fn b8_a_message_finds_the_run_that_continues() {
    const COUNT: usize = 200;
    let two = Two::open().await;
    let mut a = owner(&two.a).await;
    let continuing = async {
        let mut run = 10;
        while run < 100 {
            let next = NewRun {
                id: id(10),
                ..new_run(run + 1, Some(1))
            };
            let batch = vec![
                Write::End(end(run, Phase::Continued, 0)),
                Write::Start(next),
            ];
            let written = a.commit(batch).await;
            assert_eq!(written, Ok(vec![Written::Done, Written::Started]));
            run += 1;
        }
        run
    };
    let (last, ()) = tokio::join!(continuing, send_all(&two.b, COUNT));
    let inbox = two.b.inbox(RunId(last)).await.expect("readable");
    let received: Vec<_> = inbox.iter().map(|message| message.msg.clone()).collect();
    assert_eq!(
        received,
        (0..COUNT).map(|n| n.to_string()).collect::<Vec<_>>()
    );
}

/// On PostgreSQL one statement could update the run and miss the `ready` row that a park had just
/// written. Here: whichever of a park and a signal comes first, the run is owned or due.
async fn park_races_with_signal(a: &dyn Store, b: &dyn Store, rounds: i64) {
    let mut worker = Worker::register(a, 1).await;
    for run in 0..rounds {
        worker
            .write(Write::Start(new_run(run, Some(1))))
            .await
            .expect("the fence holds");
        let run_id = id(run);
        let (parked, sent) = tokio::join!(
            worker.write(Write::Park(park(run, 0, 0))),
            b.send(&run_id, message("a")),
        );
        assert_eq!(sent, Ok(Sent::Accepted(RunId(run))));
        let state = b
            .find(&run_id)
            .await
            .expect("readable")
            .expect("there")
            .state;
        match parked.expect("the fence holds") {
            Written::Woken { wakes: 1 } => assert_eq!(state, RunState::Owned(Incarnation(1))),
            Written::Parked => assert!(matches!(state, RunState::Waiting(_)), "{state:?}"),
            other => panic!("a park answered {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b9_a_signal_sees_the_park_before_it() {
    let two = Two::open().await;
    park_races_with_signal(&two.a, &two.b, 200).await;
}

#[tokio::test]
async fn b9_a_signal_sees_the_park_before_it_in_memory() {
    let a = MemoryStore::new();
    park_races_with_signal(&a, &a.clone(), 200).await;
}

/// A commit of another process is noticed without asking for it.
#[tokio::test]
async fn another_process_is_heard() {
    let two = Two::open().await;
    let hearing = async {
        // What was there before may be reported once.
        two.a.changed(None, Duration::from_millis(1)).await;
        let patience = Duration::from_secs(20);
        tokio::time::timeout(patience, two.a.changed(None, patience * 10)).await
    };
    let starting = async {
        // Again and again: one of them comes while the other waits.
        for run in 0..200 {
            two.b.start(new_run(run, None)).await.expect("writable");
        }
    };
    let (heard, ()) = tokio::join!(hearing, starting);
    assert_eq!(heard, Ok(()), "nobody noticed the other process");
}
