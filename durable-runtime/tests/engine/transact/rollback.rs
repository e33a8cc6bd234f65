//! Tables and triggers of an application that roll back the transaction of the store: the one who has
//! run into them hears of it, and nobody else.

use super::{Bench, elsewhere, options, seats, start_booking, value, with_tables, worker};
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, StoreError};
use durable_runtime::transaction::TransactionError;

/// Joins a club that takes everybody once, and undoes all else that is written with a second time.
#[activity(transactional, retry(max_attempts = 1))]
pub(super) fn join_club(tx: &mut Transaction<'_>, name: String) -> Result<(), TransactionError> {
    tx.execute("INSERT INTO app_seat(guest) VALUES(?1)", (&name,))?;
    tx.execute("INSERT INTO app_club(name) VALUES(?1)", (name,))?;
    Ok(())
}

/// The same by somebody who does not look at errors.
#[activity(transactional, retry(max_attempts = 1))]
pub(super) fn barge_in(tx: &mut Transaction<'_>, name: String) -> Result<String, TransactionError> {
    tx.query::<(String,)>("SELECT name FROM app_club", ())?;
    let joined = tx.execute("INSERT INTO app_club(name) VALUES(?1)", (&name,));
    let seated = tx.execute("INSERT INTO app_seat(guest) VALUES(?1)", (name,));
    Ok(format!("{joined:?}, {seated:?}"))
}

#[workflow]
pub(super) async fn member(name: String) -> Result<bool, ActivityError<TransactionError>> {
    match join_club(name).await {
        Err(ActivityError::Failed(error)) if error.is_constraint() => Ok(false),
        other => other.map(|()| true),
    }
}

#[workflow]
pub(super) async fn barger(name: String) -> Result<String, ActivityError<TransactionError>> {
    barge_in(name).await
}

/// Tables that no transaction of the store could make.
async fn with_club() -> (Bench, tempfile::TempDir) {
    let (bench, folder) = with_tables().await;
    let db = rusqlite::Connection::open(folder.path().join("bench.db")).unwrap();
    db.execute_batch(
        "CREATE TABLE app_club(name TEXT PRIMARY KEY ON CONFLICT ROLLBACK);
         CREATE TRIGGER app_no_eve BEFORE INSERT ON app_club WHEN new.name='eve'
         BEGIN SELECT raise(ROLLBACK, 'eve stays outside'); END;",
    )
    .unwrap();
    (bench, folder)
}

#[tokio::test]
async fn a_table_that_rolls_back_stops_nobody_else() {
    let (bench, _folder) = with_club().await;
    let worker = worker(&bench, bench.store.clone(), &options());
    let other = elsewhere(&bench);
    let first = start_member(&other, "first", "ada".to_owned())
        .await
        .unwrap();
    assert_eq!(first.result().await.unwrap(), Ok(true));
    // All of these are written while one after the other rolls back.
    let all = (0..30).map(|n| {
        let client = other.clone();
        async move {
            let again = start_member(&client, format!("again-{n}"), "ada".to_owned()).await;
            let booked = start_booking(&client, format!("b-{n}"), format!("guest {n}")).await;
            (again.unwrap(), booked.unwrap())
        }
    });
    let started: Vec<_> = all.map(tokio::spawn).collect();
    for task in started {
        let (again, booked) = task.await.unwrap();
        assert_eq!(again.result().await.unwrap(), Ok(false));
        let booked = bench.end(booked.id().as_str()).await;
        assert_eq!(booked.phase, Phase::Completed);
        let seats: Result<(u32, u32), Error> = value(&booked);
        assert!(seats.is_ok(), "{seats:?}");
    }
    // One of each who has joined or booked, and none of those who have not.
    assert_eq!(seats(&bench).await.len(), 1 + 2 * 30);
    worker.stop().await;
}

#[tokio::test]
async fn work_that_goes_on_after_it_is_an_error() {
    let (bench, _folder) = with_club().await;
    let worker = worker(&bench, bench.store.clone(), &options());
    let client = elsewhere(&bench);
    let eve = start_barger(&client, "eve", "eve".to_owned())
        .await
        .unwrap();
    assert!(eve.result().await.unwrap().is_err());
    let why = "an earlier statement has rolled back the whole transaction; return its error";
    let failed = &bench.attempts("eve").await[0];
    assert_eq!(failed.error, format!("panicked: {why}"));
    // From a client: each statement after it is refused, and so is the whole.
    let work = move |tx: &mut Transaction<'_>| {
        let joined = tx.execute("INSERT INTO app_club VALUES('eve')", ());
        let error = joined.unwrap_err().to_string();
        assert!(error.contains("eve stays outside"), "{error}");
        let seated = tx.execute("INSERT INTO app_seat VALUES('eve')", ());
        let error = seated.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        Ok::<_, TransactionError>(())
    };
    let done = client.transact(work).await;
    assert_eq!(done.unwrap_err(), StoreError::RolledBack);
    let work = |tx: &mut Transaction<'_>| tx.execute("INSERT INTO app_club VALUES('eve')", ());
    let error = client.transact(work).await.unwrap().unwrap_err();
    assert!(error.is_constraint(), "{error}");
    assert_eq!(seats(&bench).await, [""; 0]);
    assert_eq!(bench.end("eve").await.phase, Phase::Failed);
    worker.stop().await;
}

#[tokio::test]
async fn a_word_is_no_part_of_another() {
    let (bench, _folder) = with_tables().await;
    let work = |tx: &mut Transaction<'_>| {
        tx.execute(
            "CREATE TABLE app_plan(rollback_at INT, no_rollback INT, Ärollback$ INT)",
            (),
        )?;
        tx.execute("INSERT INTO app_plan(rollback_at) VALUES(7)", ())?;
        tx.query_one::<(i64,)>(
            "SELECT rollback_at FROM app_plan WHERE no_rollback IS NULL",
            (),
        )
    };
    let read = elsewhere(&bench).transact(work).await.unwrap().unwrap();
    assert_eq!(read, Some((7,)));
}
