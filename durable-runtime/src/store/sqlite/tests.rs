//! Faults that need a hand on the writer's connection.

use super::{SqliteOptions, SqliteStore};
use crate::id::RunId;
use crate::store::conformance::kit::{
    Worker, claim, end, id, message, owned, park, start, step, terminate, waiting,
};
use crate::store::{
    Claim, Fairness, FenceError, NewRun, NewStep, Parent, ParentClose, Queueing, Sent, Store,
    StoreError, Write, Written,
};
use std::cell::Cell;
use std::time::Duration;

async fn store() -> (SqliteStore, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("orders.db");
    let store = SqliteStore::open(path, SqliteOptions::default()).await;
    (store.expect("a new database"), folder)
}

impl SqliteStore {
    /// Changes a setting of the writer's connection.
    async fn pragma(&self, name: &'static str, value: i64) {
        let work = move |db: &mut super::db::Db| {
            db.conn.pragma_update(None, name, value)?;
            Ok(())
        };
        self.write(1, work).await.expect("a setting");
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_heals() {
    let (store, _folder) = store().await;
    let mut worker = Worker::register(&store, 1).await;
    worker.starts(&[10]).await;
    store.pragma("max_page_count", 200).await;
    let large = |seq| {
        Write::Step(NewStep {
            frame: Some(vec![0; 20_000]),
            ..step(10, seq)
        })
    };
    let mut acknowledged = 0;
    let error = loop {
        match worker.try_commit(vec![large(acknowledged + 1)]).await {
            Ok(written) => assert_eq!(written, [Written::Done]),
            Err(error) => break error,
        }
        acknowledged += 1;
        assert!(acknowledged < 1_000, "the disk never became full");
    };
    assert!(
        matches!(error, FenceError::Store(StoreError::Full(_))),
        "{error:?}"
    );
    assert!(acknowledged > 10, "only {acknowledged} steps fitted");
    // Reading goes on, everything acknowledged is there, and a call that needs no space works.
    let steps = store.steps(RunId(10), 0, 2_000).await.expect("readable");
    assert_eq!(steps.last().map(|step| step.seq), Some(acknowledged));
    worker.commit(vec![]).await;
    // With space again the same call succeeds.
    store.pragma("max_page_count", 1_000_000).await;
    assert_eq!(worker.write(large(acknowledged + 1)).await, Written::Done);
}

#[tokio::test]
async fn a_database_that_became_read_only_loses_nothing_and_heals() {
    let (store, _folder) = store().await;
    let mut worker = Worker::register(&store, 1).await;
    worker.starts(&[10]).await;
    store.pragma("query_only", 1).await;
    let answer = worker.try_commit(vec![Write::Step(step(10, 1))]).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::ReadOnly(_)))),
        "{answer:?}"
    );
    assert_eq!(store.latest_step(RunId(10)).await, Ok(None));
    // The next call opens the file again, which can be written now.
    assert_eq!(worker.write(Write::Step(step(10, 1))).await, Written::Done);
}

#[tokio::test]
async fn a_call_that_fails_does_not_spoil_its_neighbours() {
    let (store, _folder) = store().await;
    start(&store, 10).await;
    let (taken, eleven) = (waiting(10), id(11));
    let mut worker = Worker::register(&store, 1).await;
    worker.starts(&[12]).await;
    worker.write(Write::Step(step(12, 1))).await;
    let repeated = crate::store::NewStep {
        label: "other".into(),
        ..step(12, 1)
    };
    // Queued together, so they share a transaction.
    let (a, b, c, d) = tokio::join!(
        store.start(waiting(11)),
        worker.try_commit(vec![Write::Step(repeated)]),
        store.start(taken),
        store.send(&eleven, message("a")),
    );
    assert_eq!(a, Ok(Written::Started));
    let bug = matches!(b, Err(FenceError::Store(StoreError::Bug(_))));
    assert!(bug, "{b:?}");
    assert!(matches!(c, Ok(Written::Exists(_))), "{c:?}");
    assert_eq!(d, Ok(Sent::Accepted(RunId(11))));
    // The names of the call that was rolled back are not remembered as written.
    let new = crate::store::NewRun {
        workflow: "other".into(),
        ..waiting(14)
    };
    assert_eq!(store.start(new).await, Ok(Written::Started));
    assert!(store.find(&id(14)).await.is_ok_and(|run| run.is_some()));
}

/// It needs no savepoint, since nothing was done before it.
#[tokio::test]
async fn the_first_call_of_a_transaction_fails_alone_too() {
    let (store, _folder) = store().await;
    let mut worker = Worker::register(&store, 1).await;
    worker.starts(&[12]).await;
    worker.write(Write::Step(step(12, 1))).await;
    let (arrived, at_work) = std::sync::mpsc::channel();
    let (go_on, told) = std::sync::mpsc::channel::<()>();
    let holding = store.write(1, move |_| {
        arrived.send(()).expect("the test waits");
        told.recv().expect("the test says so");
        Ok(())
    });
    let queueing = async {
        // What is queued now shares the next transaction, in this order.
        let failing = worker.try_commit(vec![
            Write::Start(owned(13, worker.id())),
            Write::Step(step(13, 1)),
            Write::Step(step(12, 1)),
        ]);
        let both = async { tokio::join!(failing, store.start(waiting(11))) };
        let released = async {
            tokio::task::spawn_blocking(move || at_work.recv())
                .await
                .expect("no panic")
                .expect("it is held");
            tokio::task::yield_now().await;
            go_on.send(()).expect("the writer waits");
        };
        tokio::join!(both, released).0
    };
    let (held, (failed, neighbour)) = tokio::join!(holding, queueing);
    assert_eq!(held, Ok(()));
    let bug = matches!(failed, Err(FenceError::Store(StoreError::Bug(_))));
    assert!(bug, "{failed:?}");
    assert_eq!(neighbour, Ok(Written::Started));
    assert_eq!(store.find(&id(13)).await, Ok(None));
    assert!(store.find(&id(11)).await.is_ok_and(|run| run.is_some()));
    // Its beat does not count.
    assert_eq!(worker.write(Write::Step(step(12, 2))).await, Written::Done);
}

#[tokio::test]
async fn what_a_worker_has_ended_itself_is_news_to_others_only() {
    let (store, _folder) = store().await;
    // The writer answers first, and then says what is new: another call comes after both.
    let seen = Cell::new(0);
    let news = async |own| {
        store.write(1, |_| Ok(())).await.expect("it writes");
        let mut before = seen.get();
        let is_news = store.writer.shared.changes.is_news(own, &mut before);
        seen.set(before);
        is_news
    };
    let mut worker = Worker::register(&store, 1).await;
    let me = Some(worker.id());
    worker.starts(&[10, 11, 12, 13]).await;
    news(None).await;
    worker.write(Write::Park(park(10, 0, 0))).await;
    worker.write(Write::End(end(11, 0))).await;
    assert!(!news(me).await);
    worker.write(Write::End(end(12, 0))).await;
    assert!(news(None).await);
    // Its child is told, whoever has that.
    let parent = Parent {
        run: RunId(13),
        op: 1,
        close: ParentClose::Cancel,
        reports: true,
    };
    let child = NewRun {
        parent: Some(parent),
        ..owned(14, worker.id())
    };
    worker.write(Write::Start(child)).await;
    assert!(!news(me).await);
    worker.write(Write::End(end(13, 0))).await;
    assert!(news(me).await);
    start(&store, 15).await;
    assert!(news(me).await);
}

/// Where processes can ring for each other, nobody waits for the next look.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_commit_of_another_process_is_heard_of_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("orders.db");
    // Without a ring it would look once in an hour, or after a second of silence.
    let options = SqliteOptions {
        poll: Duration::from_secs(3600),
        ..SqliteOptions::default()
    };
    let here = SqliteStore::open(&file, options.clone())
        .await
        .expect("opens");
    let there = SqliteStore::open(&file, options).await.expect("opens");
    let begun = std::time::Instant::now();
    for number in 1..=100 {
        start(&there, number).await;
        here.changed(None, Duration::from_secs(3600)).await;
        assert!(here.find(&id(number)).await.expect("readable").is_some());
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(30), "{took:?}");
}

#[tokio::test]
async fn a_broken_connection_is_opened_again() {
    let (store, _folder) = store().await;
    start(&store, 10).await;
    let failing = |_: &mut super::db::Db| -> super::error::Outcome<()> {
        Err(StoreError::Unavailable("the sync failed".into()).into())
    };
    let (failed, neighbour) = tokio::join!(store.write(1, failing), store.start(waiting(11)));
    assert!(matches!(
        failed,
        Err(FenceError::Store(StoreError::Unavailable(_)))
    ));
    // Its neighbour in the transaction fails with it, or came later and is not affected.
    let there = store.find(&id(11)).await.expect("readable").is_some();
    assert_eq!(neighbour.is_ok(), there, "{neighbour:?}");
    assert_eq!(store.start(waiting(12)).await, Ok(Written::Started));
    assert!(store.find(&id(10)).await.is_ok_and(|run| run.is_some()));
}

#[tokio::test]
async fn the_log_does_not_grow_without_end() {
    let (store, folder) = store().await;
    let mut worker = Worker::register(&store, 1).await;
    worker.starts(&[10]).await;
    let log = folder.path().join("orders.db-wal");
    let mut largest = 0;
    let mut written = 0;
    for seq in 1..=300 {
        let frame = vec![0; 1 << 20];
        written += frame.len() as u64;
        let step = NewStep {
            frame: Some(frame),
            ..step(10, seq)
        };
        worker.write(Write::Step(step)).await;
        largest = largest.max(std::fs::metadata(&log).expect("a log").len());
    }
    assert!(
        largest < written / 2,
        "{largest} of {written} bytes were in the log at once"
    );
}

#[tokio::test]
async fn a_call_that_panics_is_rolled_back_and_ends_nobody_else() {
    let (store, _folder) = store().await;
    let panics = store.write(1, |db: &mut super::db::Db| -> super::error::Outcome<()> {
        super::batch::insert_run(db, &waiting(10), 0, false)?;
        panic!("oh");
    });
    // Queued together, so they share a transaction.
    let (before, panicked, after) =
        tokio::join!(store.start(waiting(9)), panics, store.start(waiting(11)));
    assert_eq!(
        (before, after),
        (Ok(Written::Started), Ok(Written::Started))
    );
    let expected = StoreError::Bug("it panicked: oh".into());
    assert_eq!(panicked, Err(FenceError::Store(expected)));
    assert_eq!(store.find(&id(10)).await, Ok(None));
    // The names of the call that was rolled back are not remembered as written.
    assert_eq!(store.start(waiting(10)).await, Ok(Written::Started));
    assert!(store.find(&id(10)).await.is_ok_and(|run| run.is_some()));
}

/// Keys may be as many as there are customers: those that only stood in line leave nothing.
#[tokio::test]
async fn keys_that_leave_the_line_without_a_turn_are_forgotten() {
    let (store, folder) = store().await;
    let kept = || {
        let conn = rusqlite::Connection::open(folder.path().join("orders.db"));
        let sql = "SELECT count(*) FROM fair";
        let kept = conn.and_then(|conn| conn.query_row(sql, [], |row| row.get::<_, i64>(0)));
        kept.expect("readable")
    };
    let keyed = |run: i64| NewRun {
        queueing: Queueing {
            fairness: Some(Fairness::new(format!("customer-{run}"), 1.0)),
            ..Queueing::default()
        },
        ..waiting(run)
    };
    for run in 10..30 {
        assert_eq!(store.start(keyed(run)).await, Ok(Written::Started));
    }
    let mut worker = Worker::register(&store, 1).await;
    let two = Claim {
        limit: 2,
        ..claim(5)
    };
    assert_eq!(worker.try_claim(two).await.expect("held").len(), 2);
    for run in 12..30 {
        let sent = store.send(&id(run), terminate("end")).await;
        assert_eq!(sent, Ok(Sent::Terminated(RunId(run))));
    }
    assert_eq!(kept(), 2, "those that had a turn, until the next is served");
    assert_eq!(store.start(keyed(40)).await, Ok(Written::Started));
    assert_eq!(worker.claim(5).await.len(), 1);
    assert_eq!(kept(), 0, "the line is over");
}
