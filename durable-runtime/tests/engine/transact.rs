//! Activities in the store's transaction: what they write is there once, wherever the process is cut.

use crate::coded::behind;
use crate::faulty::{Fault, FaultyStore};
use crate::support::{
    Bench, Running, bench, elsewhere, is_blocked, leased, on_sqlite, options, reason, value,
};
use durable_runtime::clock::Clock;
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::prelude::*;
use durable_runtime::registry::{self, Registry};
use durable_runtime::store::{Phase, RunRecord, RunState, Store};
use durable_runtime::transaction::{TransactionError, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

mod rollback;

/// Books a seat, and says how many are booked.
#[activity(transactional, retry(jitter = 0.0))]
fn book(tx: &mut Transaction<'_>, guest: &str) -> Result<u32, TransactionError> {
    tx.execute("INSERT INTO app_seat(guest) VALUES(?1)", (guest,))?;
    let count = tx.query_one("SELECT count(*) FROM app_seat", ())?;
    Ok(count.map_or(0, |(count,)| count))
}

static FAILURES: AtomicUsize = AtomicUsize::new(0);

/// Books a seat, and fails or panics the first times.
#[activity(transactional, retry(jitter = 0.0))]
fn stumbling(tx: &mut Transaction<'_>, guest: String) -> Result<(), Error> {
    tx.execute("INSERT INTO app_seat(guest) VALUES(?1)", [guest])?;
    match FAILURES.fetch_add(1, Ordering::SeqCst) {
        0 => Err(Error::msg("no luck")),
        1 => panic!("oh"),
        _ => Ok(()),
    }
}

/// Refuses whoever is there already.
#[activity(transactional, retry(max_attempts = 1))]
fn book_once(tx: &mut Transaction<'_>, guest: String) -> Result<(), TransactionError> {
    tx.execute("INSERT INTO app_guest(name) VALUES(?1)", (guest,))?;
    Ok(())
}

/// Two bookings, and an hour between them.
#[workflow]
async fn booking(guest: String) -> Result<(u32, u32), Error> {
    let first = book(&guest).await?;
    sleep(Duration::from_secs(3_600)).await?;
    let second = book(&guest).await?;
    Ok((first, second))
}

#[workflow]
async fn stumbler() -> Result<(), Error> {
    Ok(stumbling("ada".to_owned()).await?)
}

#[workflow]
async fn inserts_twice() -> (bool, bool) {
    let first = book_once("ada".to_owned()).await;
    let second = book_once("ada".to_owned()).await;
    let refused = |error| matches!(error, Err(ActivityError::Failed(e)) if TransactionError::is_constraint(&e));
    (first.is_ok(), refused(second))
}

fn registry() -> Registry {
    let workflows = ["booking", "stumbler", "inserts_twice", "member", "barger"]
        .map(|name| registry::workflow(name).unwrap());
    let activities = ["book", "stumbling", "book_once", "join_club", "barge_in"]
        .map(|name| registry::activity(name).unwrap());
    let registry = workflows
        .into_iter()
        .fold(Registry::new(), Registry::with_workflow);
    activities
        .into_iter()
        .fold(registry, Registry::with_activity)
}

fn worker(bench: &Bench, store: Arc<dyn Store>, options: &WorkerOptions) -> Running {
    let worker = Worker::new(store, options.clone())
        .registry(registry())
        .clock(Arc::new(bench.clock.clone()));
    Running::new(worker)
}

/// A bench on SQLite with the tables of the application.
async fn with_tables() -> (Bench, tempfile::TempDir) {
    let (bench, folder) = on_sqlite(bench()).await;
    let made = elsewhere(&bench)
        .transact(|tx| {
            tx.execute("CREATE TABLE app_seat(guest TEXT NOT NULL)", ())?;
            tx.execute("CREATE TABLE app_guest(name TEXT PRIMARY KEY) STRICT", ())
        })
        .await;
    made.unwrap().unwrap();
    (bench, folder)
}

async fn seats(bench: &Bench) -> Vec<String> {
    let read = |tx: &mut Transaction<'_>| tx.query("SELECT guest FROM app_seat", ());
    let rows: Vec<(String,)> = elsewhere(bench).transact(read).await.unwrap().unwrap();
    rows.into_iter().map(|(guest,)| guest).collect()
}

/// Runs a booking with a worker whose store fails at its `n`-th call, and then with another.
async fn run_with(bench: &Bench, n: usize, fault: Fault) -> Option<RunRecord> {
    start_booking(&elsewhere(bench), "s", "ada".to_owned())
        .await
        .unwrap();
    let store = FaultyStore::new(bench.store.clone(), n, fault);
    let first = worker(bench, store.clone(), &leased());
    let record = tokio::select! {
        record = bench.end("s") => {
            first.kill().await;
            record
        }
        () = store.cut() => {
            first.kill().await;
            bench.pass(leased().lease * 2).await;
            let second = worker(bench, bench.store.clone(), &leased());
            let record = bench.end("s").await;
            second.stop().await;
            record
        }
    };
    store.fired().then_some(record)
}

async fn everywhere(fault: Fault, coded: bool) {
    for n in 0.. {
        let (mut bench, _folder) = with_tables().await;
        if coded {
            bench.store = behind(&bench.store, "a");
        }
        let Some(record) = run_with(&bench, n, fault).await else {
            assert!(n > 9, "only {n} calls failed");
            return;
        };
        let context = format!("{fault:?} at call {n}");
        assert_eq!(seats(&bench).await, ["ada", "ada"], "{context}");
        let booked: Result<(u32, u32), Error> = value(&record);
        assert_eq!(booked.unwrap(), (1, 2), "{context}");
        assert_eq!(bench.steps("s").await.len(), 4, "{context}");
    }
}

#[tokio::test]
async fn a_row_is_written_once_wherever_the_process_is_cut() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        everywhere(fault, false).await;
    }
}

#[tokio::test]
async fn a_row_is_written_once_behind_a_codec_too() {
    for fault in [Fault::CutBefore, Fault::CutAfter] {
        everywhere(fault, true).await;
    }
}

#[tokio::test]
async fn a_row_is_written_once_wherever_the_answer_is_lost() {
    for fault in [Fault::FailBefore, Fault::FailAfter] {
        everywhere(fault, false).await;
    }
}

#[tokio::test]
async fn a_record_lasts_until_the_step_that_takes_the_result() {
    let (bench, _folder) = with_tables().await;
    start_booking(&elsewhere(&bench), "s", "ada".to_owned())
        .await
        .unwrap();
    let now = bench.clock.busy();
    let worker = worker(&bench, bench.store.clone(), &options());
    let asleep = |run: &RunRecord| run.seq == 2 && matches!(run.state, RunState::Waiting(_));
    let run = bench.until("s", asleep).await.run;
    assert_eq!(bench.store.notes(run).await.unwrap(), []);
    drop(now);
    assert_eq!(bench.end("s").await.phase, Phase::Completed);
    worker.stop().await;
}

#[tokio::test]
async fn what_fails_or_panics_is_undone_and_repeated() {
    let (bench, _folder) = with_tables().await;
    let worker = worker(&bench, bench.store.clone(), &options());
    start_stumbler(&elsewhere(&bench), "s").await.unwrap();
    assert_eq!(bench.end("s").await.phase, Phase::Completed);
    assert_eq!(seats(&bench).await, ["ada"]);
    let attempts = bench.attempts("s").await;
    let errors: Vec<_> = attempts.iter().map(|failed| &*failed.error).collect();
    assert_eq!(errors, ["no luck", "panicked: oh"]);
    worker.stop().await;
}

#[tokio::test]
async fn a_constraint_is_an_error_of_the_activity() {
    let (bench, _folder) = with_tables().await;
    let worker = worker(&bench, bench.store.clone(), &options());
    start_inserts_twice(&elsewhere(&bench), "s").await.unwrap();
    let told: (bool, bool) = value(&bench.end("s").await);
    assert_eq!(told, (true, true));
    worker.stop().await;
}

#[tokio::test]
async fn a_store_without_transactions_blocks_and_says_why() {
    let bench = bench();
    let worker = worker(&bench, bench.store.clone(), &options());
    start_booking(&elsewhere(&bench), "s", "ada".to_owned())
        .await
        .unwrap();
    let run = bench.until("s", is_blocked).await;
    assert!(reason(&run).contains("SQLite"), "{}", reason(&run));
    let refused = elsewhere(&bench)
        .transact(|tx| tx.execute("SELECT 1", ()))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("use SQLite"), "{refused}");
    worker.stop().await;
}

#[tokio::test]
async fn the_stores_own_tables_and_transaction_are_out_of_reach() {
    let (bench, _folder) = with_tables().await;
    start_booking(&elsewhere(&bench), "s", "ada".to_owned())
        .await
        .unwrap();
    let client = elsewhere(&bench);
    for (sql, why) in [
        (
            "SELECT * FROM workflow",
            "`workflow` is a table of the store",
        ),
        ("SELECT count(*) FROM WORKFLOW", "is a table of the store"),
        ("DELETE FROM step", "`step` is a table of the store"),
        ("UPDATE main.ready SET due_at=0", "`ready` is a table"),
        (
            "INSERT INTO inbox SELECT * FROM inbox",
            "`inbox` is a table",
        ),
        ("DROP TABLE note", "`note` is a table"),
        ("ALTER TABLE worker RENAME TO x", "`worker` is a table"),
        ("CREATE INDEX app_i ON step(at)", "`step` is a table"),
        (
            "CREATE TRIGGER app_t AFTER INSERT ON step BEGIN SELECT 1; END",
            "`step` is a table",
        ),
        ("CREATE TABLE attempt(x)", "`attempt` is a table"),
        ("COMMIT", "the transaction is the store's"),
        ("BEGIN", "the transaction is the store's"),
        ("SAVEPOINT x", "the transaction is the store's"),
        ("RELEASE work", "the transaction is the store's"),
        ("ROLLBACK", "no statement may say `ROLLBACK`"),
        ("INSERT OR rollback INTO app_seat VALUES('x')", "`ROLLBACK`"),
        ("ATTACH 'x.db' AS x", "no other database"),
        ("PRAGMA synchronous=OFF", "a pragma would change"),
        ("CREATE TEMP TABLE x(y)", "nothing temporary"),
    ] {
        let asked = move |tx: &mut Transaction<'_>| tx.execute(sql, ());
        let error = client.transact(asked).await.unwrap().unwrap_err();
        assert!(
            matches!(error, TransactionError::Forbidden { .. }),
            "{sql}: {error}"
        );
        assert!(error.to_string().contains(why), "{sql}: {error}");
    }
    // A trigger of the application's own does not get there either.
    let made = |tx: &mut Transaction<'_>| {
        let sql = "CREATE TRIGGER app_sly AFTER INSERT ON app_seat BEGIN DELETE FROM step; END";
        tx.execute(sql, ())?;
        tx.execute("INSERT INTO app_seat VALUES('x')", ())
    };
    let error = client.transact(made).await.unwrap().unwrap_err();
    assert!(error.to_string().contains("`step` is a table"), "{error}");
    // Nothing of that is left, and the store works as before.
    let worker = worker(&bench, bench.store.clone(), &options());
    assert_eq!(bench.end("s").await.phase, Phase::Completed);
    assert_eq!(seats(&bench).await, ["ada", "ada"]);
    worker.stop().await;
}

#[tokio::test]
async fn values_come_back_as_they_were() {
    let (bench, _folder) = with_tables().await;
    let client = elsewhere(&bench);
    let work = |tx: &mut Transaction<'_>| {
        tx.execute("CREATE TABLE app_all(i, r, t, b, n, f)", ())?;
        let row = (i64::MIN, 0.5, "é\"", vec![0_u8, 255], None::<i64>, true);
        assert_eq!(
            tx.execute("INSERT INTO app_all VALUES(?1,?2,?3,?4,?5,?6)", row)?,
            1
        );
        let sql = "INSERT INTO app_all(i) VALUES(?1) RETURNING i";
        assert_eq!(tx.execute(sql, [7])?, 1);
        tx.query_one::<(i64, f64, String, Vec<u8>, Option<i64>, bool)>("SELECT * FROM app_all", ())
    };
    let row = client.transact(work).await.unwrap().unwrap().unwrap();
    let expected = (i64::MIN, 0.5, "é\"".to_owned(), vec![0, 255], None, true);
    assert_eq!(row, expected);
    let wrong = |tx: &mut Transaction<'_>| tx.query::<(u8,)>("SELECT i FROM app_all", ());
    let error = client.transact(wrong).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "column 1 is an integer, and no u8");
    let wide = |tx: &mut Transaction<'_>| tx.query::<(i64,)>("SELECT i, r FROM app_all", ());
    let error = client.transact(wide).await.unwrap().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the row has 2 columns, and 1 were asked for"
    );
    let raw = |tx: &mut Transaction<'_>| tx.query::<Vec<Value>>("SELECT 1, NULL", vec![]);
    let rows = client.transact(raw).await.unwrap().unwrap();
    assert_eq!(rows, [[Value::Integer(1), Value::Null]]);
    // Two statements at once are none.
    let two = |tx: &mut Transaction<'_>| tx.execute("SELECT 1; SELECT 2", ());
    assert!(client.transact(two).await.unwrap().is_err());
}

#[tokio::test]
async fn an_error_undoes_all_of_a_transaction() {
    let (bench, _folder) = with_tables().await;
    let client = elsewhere(&bench);
    let work = |tx: &mut Transaction<'_>| {
        tx.execute("INSERT INTO app_seat VALUES('x')", ())?;
        tx.execute("INSERT INTO app_seat VALUES(NULL)", ())
    };
    let error = client.transact(work).await.unwrap().unwrap_err();
    assert!(error.is_constraint(), "{error}");
    assert_eq!(seats(&bench).await, [""; 0]);
}
