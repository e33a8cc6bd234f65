//! Split and merge: chunks of work side by side, collected in the order of the calls or as they end.

use crate::modes::in_four_modes;
use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;

/// One that fails is seen after a second; the others take longer the smaller they are.
#[activity(retry(max_attempts = 1))]
async fn chunk(number: u64, bad: Option<u64>) -> Result<(u64, u64), String> {
    if bad == Some(number) {
        activity::sleep(Duration::from_secs(1)).await;
        return Err(format!("chunk {number} is bad"));
    }
    activity::sleep(Duration::from_secs(60 - number)).await;
    Ok((number, number * number))
}

type Part = Result<(u64, u64), ActivityError<String>>;

/// All of them, and then their results in the order of the calls.
#[workflow]
async fn in_call_order(count: u64, bad: Option<u64>) -> Result<(u64, u64), Error> {
    let mut calls = Vec::new();
    for number in 1..=count {
        calls.push(chunk(number, bad));
    }
    let mut sums = (0, 0);
    for part in join_all(calls).await {
        let (number, square) = part.map_err(Error::msg)?;
        sums = (sums.0 + number, sums.1 + square);
    }
    Ok(sums)
}

/// Their results as they come, and the order in which they came.
#[workflow]
async fn in_completion_order(count: u64, bad: Option<u64>) -> Result<(u64, u64, Vec<u64>), Error> {
    let mut running: JoinSet<Part> = (1..=count).map(|number| chunk(number, bad)).collect();
    let mut sums = (0, 0);
    let mut order = Vec::new();
    while let Some(part) = running.join_next().await {
        let (number, square) = part.map_err(Error::msg)?;
        sums = (sums.0 + number, sums.1 + square);
        order.push(number);
    }
    Ok((sums.0, sums.1, order))
}

async fn called(env: &TestEnv, count: u64) -> (u64, u64) {
    let handle = start_in_call_order(env.client(), "s", count, None);
    handle.await.unwrap().result().await.unwrap().unwrap()
}

#[tokio::test]
async fn chunks_are_merged_in_the_order_of_their_calls() {
    let five = in_four_modes(async |env| called(env, 5).await).await;
    assert_eq!(five, (15, 55));
    let none = called(&TestEnv::new(), 0).await;
    assert_eq!(none, (0, 0));
}

#[tokio::test]
async fn chunks_are_merged_as_they_end() {
    let (number, square, order) = in_four_modes(async |env| {
        let handle = start_in_completion_order(env.client(), "s", 5, None);
        handle.await.unwrap().result().await.unwrap().unwrap()
    })
    .await;
    assert_eq!((number, square), (15, 55));
    assert_eq!(order, [5, 4, 3, 2, 1]);
    let env = TestEnv::new();
    let none = start_in_completion_order(env.client(), "s", 0, None).await;
    let none = none.unwrap().result().await.unwrap().unwrap();
    assert_eq!(none, (0, 0, vec![]));
}

#[tokio::test]
async fn a_bad_chunk_fails_all_of_them() {
    let env = TestEnv::new();
    let handle = start_in_call_order(env.client(), "s", 5, Some(3));
    let error = handle.await.unwrap().result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "chunk 3 is bad");
    assert_eq!(env.elapsed(), Duration::from_secs(59), "all have ended");
}

#[tokio::test]
async fn a_bad_chunk_is_seen_as_soon_as_it_ends() {
    let env = TestEnv::new();
    let handle = start_in_completion_order(env.client(), "s", 5, Some(3));
    let error = handle.await.unwrap().result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "chunk 3 is bad");
    assert_eq!(env.elapsed(), Duration::from_secs(1));
}
