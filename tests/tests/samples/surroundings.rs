//! Surroundings that a test has asked for: another store, codecs, interceptors; and schedules.

use crate::modes::{calls, in_four_modes};
use durable_runtime::interception::{ActivityInterceptor, Attempt, Ended, Next};
use durable_runtime::payload::{Codecs, Encryption, KeyRing};
use durable_runtime::prelude::*;
use durable_runtime::propagation::{Headers, Propagator};
use durable_runtime::store::{MemoryStore, SqliteOptions, SqliteStore, Store};
use durable_runtime::testing::TestEnv;
use durable_runtime::{Overlap, Schedule, activity};
use std::sync::{Arc, Mutex};

const DAY: Duration = Duration::from_secs(86_400);

#[activity(transactional)]
fn book_seat(tx: &mut Transaction<'_>, seat: &str) -> Result<i64, Error> {
    tx.execute("INSERT INTO seats (seat) VALUES (?1)", (seat,))?;
    let count = tx.query_one("SELECT count(*) FROM seats", ())?;
    Ok(count.map_or(0, |(count,): (i64,)| count))
}

#[workflow]
async fn books(seats: Vec<String>) -> Result<i64, Error> {
    let mut booked = 0;
    for seat in seats {
        booked = book_seat(&seat).await?;
    }
    Ok(booked)
}

#[tokio::test]
async fn a_transactional_activity_writes_each_row_once() {
    let on_sqlite = TestEnv::builder().sqlite();
    let report = on_sqlite
        .crash_everywhere(async |env| {
            let make = |tx: &mut Transaction<'_>| tx.execute("CREATE TABLE seats (seat TEXT)", ());
            env.client().transact(make).await.unwrap().unwrap();
            let seats = ["12A", "12B"].map(str::to_owned).to_vec();
            let handle = start_books(env.client(), "b", seats).await.unwrap();
            handle.result().await.unwrap().unwrap()
        })
        .await;
    assert_eq!(report.awaits(), ["books/book_seat"]);
    assert_eq!(report.log().calls(), ["book_seat", "book_seat"]);
}

#[activity(retry(max_attempts = 3, initial = "1s"))]
async fn greet_guest(name: String) -> Result<String, String> {
    let headers = activity::context().map(|context| context.headers);
    let tenant = headers.and_then(|headers| headers.get("tenant").cloned());
    Ok(format!("{name} of {}", tenant.unwrap_or_default()))
}

#[workflow]
async fn greets(name: String) -> Result<String, Error> {
    greet_guest(name).await.map_err(Error::msg)
}

/// Refuses the first attempt of each call, and says what it saw.
#[derive(Debug)]
struct Doorkeeper(Arc<Mutex<Vec<String>>>);

impl ActivityInterceptor for Doorkeeper {
    async fn execute(&self, attempt: Attempt<'_>, next: Next<'_>) -> Ended {
        let number = attempt.context().attempt;
        let seen = format!("{} {number}", attempt.activity());
        self.0.lock().unwrap().push(seen);
        if number == 1 {
            return Ended::refused("come again");
        }
        next.run(attempt).await
    }
}

/// Everything is for one tenant.
#[derive(Debug)]
struct OfAcme;

impl Propagator for OfAcme {
    fn inject(&self, headers: &mut Headers) {
        headers.insert("tenant".to_owned(), "acme".to_owned());
    }
}

#[tokio::test]
async fn interceptors_and_propagators_of_workers_are_there_in_a_test() {
    let seen = Arc::new(Mutex::default());
    let keeper = seen.clone();
    let env = TestEnv::builder()
        .worker(move |worker| worker.intercept_activities(Doorkeeper(keeper.clone())))
        .worker(|worker| worker.propagator(OfAcme))
        .build();
    let handle = start_greets(env.client(), "g", "Ada".to_owned()).await;
    let said = handle.unwrap().result().await.unwrap().unwrap();
    assert_eq!(said, "Ada of acme");
    assert_eq!(*seen.lock().unwrap(), ["greet_guest 1", "greet_guest 2"]);
    // The body did not run in the first, and a second later it did.
    assert_eq!(env.log().calls(), ["greet_guest"]);
    assert_eq!(env.elapsed(), Duration::from_secs(1));
}

#[tokio::test]
async fn a_test_may_bring_its_store_and_its_codecs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.db");
    let kept = path.clone();
    let codecs = Codecs::new().with(Encryption::new(KeyRing::new("k1", [7; 32])));
    let opened = SqliteStore::open(&path, SqliteOptions::default()).await;
    let store: Arc<dyn Store> = Arc::new(opened.unwrap());
    let env = TestEnv::builder()
        .store(move || store.clone())
        .codecs(&codecs)
        .build();
    let handle = start_greets(env.client(), "g", "a secret name".to_owned()).await;
    let said = handle.unwrap().result().await.unwrap().unwrap();
    assert_eq!(said, "a secret name of ");

    // Who has no keys finds the workflow, and not what it was told.
    let (file, log) = (
        std::fs::read(&kept),
        std::fs::read(kept.with_extension("db-wal")),
    );
    let bytes = [file.unwrap(), log.unwrap_or_default()].concat();
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(has(b"greets") && !has(b"a secret name"));
}

#[tokio::test]
async fn a_store_is_made_for_each_run() {
    let made = Arc::new(Mutex::new(0));
    let count = made.clone();
    let builder = TestEnv::builder().store(move || {
        *count.lock().unwrap() += 1;
        Arc::new(MemoryStore::new())
    });
    let report = builder
        .crash_everywhere(async |env| {
            let handle = start_greets(env.client(), "g", "Ada".to_owned()).await;
            handle.unwrap().result().await.unwrap().unwrap()
        })
        .await;
    // Two undisturbed runs, one without memory, one with two workers; and in each direction one
    // that comes to its end before its crash.
    assert_eq!(*made.lock().unwrap(), report.points().len() + 4 + 2);
}

#[activity]
async fn close_books(day: i64) -> Result<i64, Error> {
    Ok(day)
}

#[workflow]
async fn nightly() -> Result<(), Error> {
    let by = durable_runtime::scheduled().map(|by| by.at.0 / 86_400_000);
    // As long as the night is.
    sleep(6 * Duration::from_secs(3_600)).await?;
    close_books(by.unwrap_or_default()).await?;
    Ok(())
}

#[tokio::test]
async fn a_schedule_starts_its_workflows_in_virtual_time() {
    let (done, took) = in_four_modes(async |env| {
        let schedule = Schedule::cron("0 2 * * *").overlap(Overlap::AllowAll);
        let nightly = start_nightly(env.client(), "night").on_schedule(schedule);
        let nightly = nightly.await.unwrap();
        env.advance(3 * DAY).await;
        nightly.pause("holidays").await.unwrap();
        env.advance(10 * DAY).await;
        assert_eq!(calls(env).len(), 3);
        let log = env.log().without_repeats();
        let done = log
            .iter()
            .map(|call| (call.arguments["day"].clone(), call.at));
        (done.collect::<Vec<_>>(), env.elapsed())
    })
    .await;
    // Tests begin on 1 January 2026; days are counted from 1970. Two o'clock, and six hours.
    let night = |day: u32| (20_454 + day).into();
    let morning = |day: u32| day * DAY + Duration::from_secs(8 * 3_600);
    let expected = [0, 1, 2].map(|day| (night(day), morning(day)));
    assert_eq!((&done[..], took), (&expected[..], 13 * DAY));
}
