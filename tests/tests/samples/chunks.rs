//! Split and merge: chunks of work side by side, collected in the order of the calls or as they end.

use crate::modes::{in_four_modes, on_each_store};
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

/// What is given in the order of the calls, and how long it took.
async fn by_call(env: &TestEnv, count: u64, bad: Option<u64>) -> (Result<(u64, u64), String>, u64) {
    let handle = start_in_call_order(env.client(), "by-call", count, bad);
    let given = handle.await.unwrap().result().await.unwrap();
    (given.map_err(|e| e.to_string()), env.elapsed().as_secs())
}

/// What is given as they end, and how long it took.
async fn by_end(
    env: &TestEnv,
    count: u64,
    bad: Option<u64>,
) -> (Result<(u64, u64, Vec<u64>), String>, u64) {
    let handle = start_in_completion_order(env.client(), "by-end", count, bad);
    let given = handle.await.unwrap().result().await.unwrap();
    (given.map_err(|e| e.to_string()), env.elapsed().as_secs())
}

#[tokio::test]
async fn chunks_are_merged_in_the_order_of_their_calls() {
    let five = in_four_modes(async |env| by_call(env, 5, None).await.0).await;
    assert_eq!(five, Ok((15, 55)));
}

#[tokio::test]
async fn chunks_are_merged_as_they_end() {
    let five = in_four_modes(async |env| by_end(env, 5, None).await.0).await;
    assert_eq!(five, Ok((15, 55, vec![5, 4, 3, 2, 1])));
}

#[tokio::test]
async fn no_chunks_are_merged_at_once() {
    // Straight through: it comes to no await, so there is nothing to suspend or to cut.
    let none = on_each_store(async |env| (by_call(env, 0, None).await, by_end(env, 0, None).await));
    assert_eq!(none.await, ((Ok((0, 0)), 0), (Ok((0, 0, vec![])), 0)));
}

#[tokio::test]
async fn a_bad_chunk_fails_all_of_them() {
    let bad = Err("chunk 3 is bad".to_owned());
    let failed = in_four_modes(async |env| by_call(env, 5, Some(3)).await.0).await;
    assert_eq!(failed, bad);
    // All have ended.
    let failed = on_each_store(async |env| by_call(env, 5, Some(3)).await).await;
    assert_eq!(failed, (bad, 59));
}

#[tokio::test]
async fn a_bad_chunk_is_seen_as_soon_as_it_ends() {
    let bad = Err("chunk 3 is bad".to_owned());
    let failed = in_four_modes(async |env| by_end(env, 5, Some(3)).await.0).await;
    assert_eq!(failed, bad);
    // The others were not waited for.
    let failed = on_each_store(async |env| by_end(env, 5, Some(3)).await).await;
    assert_eq!(failed, (bad, 1));
}
