//! The clock that workflows, activities and tests share: it is the test's own.

use crate::modes::{in_four_modes, on_each_store};
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use std::time::SystemTime;

const HOUR: Duration = Duration::from_secs(3_600);

#[activity]
async fn read() -> Result<SystemTime, Error> {
    Ok(now())
}

#[activity(blocking)]
fn read_on_a_thread() -> SystemTime {
    now()
}

#[activity(transactional)]
fn read_in_a_transaction(tx: &mut Transaction<'_>) -> Result<SystemTime, Error> {
    tx.query_one::<(i64,)>("SELECT 1", ())?;
    Ok(now())
}

/// A task of its own is beside the worker.
#[activity]
async fn read_in_a_task() -> Result<(SystemTime, SystemTime), Error> {
    let own = now();
    let other = tokio::spawn(async { now() }).await.map_err(Error::msg)?;
    Ok((own, other))
}

#[workflow]
async fn reads_in_a_task() -> Result<(SystemTime, SystemTime), Error> {
    Ok(read_in_a_task().await?)
}

/// How long it has waited, by its own clock: from its beginning, and after two naps.
#[workflow]
async fn naps() -> Result<[Duration; 3], Error> {
    let since = |then: SystemTime| now().duration_since(then).unwrap_or_default();
    let began = now();
    sleep_until(began + HOUR).await?;
    let once = since(began);
    sleep_until(began + 3 * HOUR).await?;
    Ok([
        once,
        since(began),
        read().await?.duration_since(began).unwrap_or_default(),
    ])
}

#[workflow]
async fn reads_on_a_thread() -> Result<SystemTime, Error> {
    Ok(read_on_a_thread().await?)
}

#[workflow]
async fn reads_in_a_transaction() -> Result<SystemTime, Error> {
    Ok(read_in_a_transaction().await?)
}

#[tokio::test]
async fn a_workflow_reads_the_clock_of_its_worker() {
    let (times, took) = in_four_modes(async |env| {
        let handle = start_naps(env.client(), "n").await.unwrap();
        (handle.result().await.unwrap().unwrap(), env.elapsed())
    })
    .await;
    assert_eq!((times, took), ([HOUR, 3 * HOUR, 3 * HOUR], 3 * HOUR));
}

#[tokio::test]
async fn an_activity_on_a_thread_reads_the_clock_of_its_worker() {
    let read = on_each_store(async |env| {
        env.advance(HOUR).await;
        let handle = start_reads_on_a_thread(env.client(), "r").await.unwrap();
        let read = handle.result().await.unwrap().unwrap();
        (Timestamp::from(read) == env.now(), env.elapsed())
    });
    assert_eq!(read.await, (true, HOUR));
}

#[tokio::test]
async fn a_task_that_an_activity_spawns_reads_the_clock_of_the_system() {
    let env = TestEnv::new();
    env.advance(10_000 * 24 * HOUR).await;
    let handle = start_reads_in_a_task(env.client(), "r").await.unwrap();
    let (own, other) = handle.result().await.unwrap().unwrap();
    assert_eq!(Timestamp::from(own), env.now());
    assert!(other < own, "{other:?} is not in the far future");
}

#[tokio::test]
async fn so_does_one_in_a_transaction() {
    let env = TestEnv::builder().sqlite().build();
    env.advance(HOUR).await;
    let handle = start_reads_in_a_transaction(env.client(), "r").await;
    let read = handle.unwrap().result().await.unwrap().unwrap();
    assert_eq!(Timestamp::from(read), env.now());
}
