//! SQLite in trouble: busy, read-only, foreign, damaged, killed. Nothing that was acknowledged is
//! lost, and the error says what to do. (A full disk is in `store/sqlite/tests.rs`.)

mod store_kit;

use durable_runtime::id::RunId;
use durable_runtime::store::{
    FenceError, SqliteOptions, SqliteStore, Store, StoreError, Write, Written, open,
};
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use store_kit::{Worker, id, new_run, step};

async fn refused(path: &Path) -> StoreError {
    let opened = SqliteStore::open(path, SqliteOptions::default()).await;
    opened.map(drop).expect_err("this file must not be opened")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[tokio::test]
async fn a_busy_database_says_so_and_recovers() {
    let folder = folder();
    let path = folder.path().join("orders.db");
    let store = store_kit::open_impatient(&path).await;
    let mut worker = Worker::register(&store, 1).await;
    let other = Connection::open(&path).expect("a second connection");
    other
        .execute_batch("BEGIN IMMEDIATE")
        .expect("the lock is free");
    let answer = worker.write(Write::Start(new_run(10, Some(1)))).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Busy(_)))),
        "{answer:?}"
    );
    assert!(matches!(
        store.start(new_run(11, None)).await,
        Err(StoreError::Busy(_))
    ));
    // Readers do not wait for the lock.
    assert_eq!(store.find(&id(10)).await, Ok(None));
    other
        .execute_batch("ROLLBACK")
        .expect("an open transaction");
    let answer = worker.write(Write::Start(new_run(10, Some(1)))).await;
    assert_eq!(answer, Ok(Written::Started));
}

#[tokio::test]
async fn a_long_reader_does_not_stop_writers() {
    let folder = folder();
    let path = folder.path().join("orders.db");
    let store = store_kit::open(&path).await;
    let reader = Connection::open(&path).expect("a second connection");
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM workflow")
        .expect("readable");
    for run in 0..50 {
        assert_eq!(store.start(new_run(run, None)).await, Ok(Written::Started));
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_read_only() {
    // sysfs refuses new files even to root.
    let error = refused(Path::new("/sys/orders.db")).await;
    assert!(matches!(error, StoreError::ReadOnly(_)), "{error:?}");
    assert!(error.to_string().contains("/sys/orders.db"), "{error}");
}

#[tokio::test]
async fn a_path_that_leads_nowhere_is_unusable() {
    let folder = folder();
    for path in [
        folder.path().join("missing/orders.db"),
        folder.path().to_owned(),
    ] {
        let error = refused(&path).await;
        assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
        assert!(
            error.to_string().contains(&path.display().to_string()),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("notes.txt");
    let text = "buy milk\n".repeat(1_000);
    std::fs::write(&path, &text).expect("writable");
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("readable"), text);
}

#[tokio::test]
async fn a_database_of_another_application_is_left_alone() {
    let folder = folder();
    for (name, mark) in [
        ("tables.db", ""),
        ("marked.db", "PRAGMA application_id=77;"),
    ] {
        let path = folder.path().join(name);
        let other = Connection::open(&path).expect("a new file");
        other
            .execute_batch(&format!("{mark} CREATE TABLE t(x)"))
            .expect("writable");
        drop(other);
        let before = std::fs::read(&path).expect("readable");
        let error = refused(&path).await;
        assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
        assert!(error.to_string().contains("another application"), "{error}");
        assert_eq!(std::fs::read(&path).expect("readable"), before);
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_kept() {
    let folder = folder();
    let path = folder.path().join("orders.db");
    store_kit::open(&path).await.close().await.expect("closed");
    let raw = Connection::open(&path).expect("a database");
    raw.pragma_update(None, "user_version", 1_000)
        .expect("writable");
    let error = refused(&path).await;
    assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
    assert!(error.to_string().contains("schema version 1000"), "{error}");
    let version = raw.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    assert_eq!(version, Ok(1_000));
}

#[tokio::test]
async fn a_damaged_database_says_so() {
    let folder = folder();
    let path = folder.path().join("orders.db");
    let store = store_kit::open(&path).await;
    for run in 0..200 {
        store.start(new_run(run, None)).await.expect("writable");
    }
    store.close().await.expect("closed");
    // Tables and indexes, but not the header and the schema.
    let mut bytes = std::fs::read(&path).expect("readable");
    for page in root_pages(&path) {
        bytes[(page - 1) * 4096..page * 4096].fill(0xA5);
    }
    std::fs::write(&path, bytes).expect("writable");
    let store = store_kit::open(&path).await;
    let found = store.find(&id(7)).await;
    assert!(matches!(found, Err(StoreError::Unusable(_))), "{found:?}");
    let started = store.start(new_run(900, None)).await;
    assert!(
        matches!(started, Err(StoreError::Unusable(_))),
        "{started:?}"
    );
}

/// The first page of every table and index, counted from 1.
fn root_pages(path: &Path) -> Vec<usize> {
    let conn = Connection::open(path).expect("a database");
    let mut statement = conn
        .prepare("SELECT rootpage FROM sqlite_schema WHERE rootpage>0")
        .expect("a schema");
    let pages = statement.query_map([], |row| row.get::<_, u32>(0));
    pages
        .expect("a schema")
        .map(|page| page.expect("a page") as usize)
        .collect()
}

#[tokio::test]
async fn urls_name_stores() {
    let folder = folder();
    let path = folder.path().join("orders.db");
    let store = open(&format!("sqlite://{}", path.display()))
        .await
        .expect("a new database");
    assert_eq!(store.start(new_run(1, None)).await, Ok(Written::Started));
    assert!(path.exists());
    open("memory://").await.expect("a new store");
    for url in [
        "",
        "orders.db",
        "sqlite://",
        "memory://x",
        "mysql://host/db",
    ] {
        let error = open(url).await.map(drop).expect_err("no such store");
        assert!(matches!(error, StoreError::Unusable(_)), "{error:?}");
        assert!(error.to_string().contains("sqlite://orders.db"), "{error}");
    }
}

/// The environment variable that turns a test into the process that is killed.
const VICTIM: &str = "STORE_FAULTS_DATABASE";

/// Commits for ever and prints the seq of each step after its commit was acknowledged.
#[tokio::test]
async fn victim_of_a_kill() {
    let Some(path) = std::env::var_os(VICTIM) else {
        return;
    };
    let store = store_kit::open(Path::new(&path)).await;
    let mut worker = Worker::register(&store, 1).await;
    let start = Write::Start(new_run(10, Some(1)));
    worker.commit(vec![start]).await.expect("a new run");
    for seq in 1.. {
        worker
            .write(Write::Step(step(10, seq)))
            .await
            .expect("the fence holds");
        println!("acknowledged {seq}");
    }
}

#[tokio::test]
async fn a_killed_process_loses_no_acknowledged_commit() {
    for kill_after in [1, 40, 300] {
        let folder = folder();
        let path = folder.path().join("orders.db");
        let mut victim = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "victim_of_a_kill", "--nocapture"])
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let lines = BufReader::new(victim.stdout.take().expect("a pipe")).lines();
        let mut acknowledged = 0;
        for line in lines.map_while(Result::ok) {
            let Some((_, seq)) = line.rsplit_once("acknowledged ") else {
                continue;
            };
            acknowledged = seq.parse().expect("a number");
            if acknowledged == kill_after {
                // SIGKILL. What it printed meanwhile is read too.
                victim.kill().expect("it runs");
            }
        }
        assert!(!victim.wait().expect("it ended").success());
        assert!(acknowledged >= kill_after);

        let store = store_kit::open(&path).await;
        let steps = store
            .steps(RunId(10), 0, usize::MAX)
            .await
            .expect("readable");
        let seqs: Vec<i64> = steps.iter().map(|step| step.seq).collect();
        let last = seqs.last().copied().unwrap_or(0);
        assert!(last >= acknowledged, "{last} of {acknowledged}");
        assert_eq!(seqs, (1..=last).collect::<Vec<_>>());
        assert!(steps.iter().all(|step| step.frame == Some(vec![3; 300])));
        // Its runs can be taken over.
        let dead = store.mark_dead(store_kit::LATE).await.expect("writable");
        let mut heir = Worker::register(&store, 2).await;
        let taken = heir.take_over(dead[0]).await.expect("the fence holds");
        let latest = taken[0].latest.as_ref().map(|step| step.seq);
        assert_eq!(latest, Some(last));
    }
}
