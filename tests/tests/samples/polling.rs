//! Asking a service until it has an answer: by retries, and within one attempt.

use crate::modes::{calls, in_four_modes, on_each_store};
use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;

const SECOND: Duration = Duration::from_secs(1);

/// Asks once, and there is an answer at the fifth time; the pause between two attempts is the pause
/// between two questions.
#[activity(retry(initial = "60s", factor = 1.0))]
async fn ask() -> Result<String, String> {
    match activity::context().map(|context| context.attempt) {
        Some(5) => Ok("yes".to_owned()),
        _ => Err("not yet".to_owned()),
    }
}

/// Asks each second, and says so, until there is an answer. The line goes dead in the first attempt
/// at this question: nothing more is heard of it.
#[activity(start_to_close = "1h", heartbeat = "5s", retry(initial = "1s"))]
async fn poll(answers_at: u32, dead_at: u32) -> Result<u32, String> {
    let attempt = activity::context().map_or(0, |context| context.attempt);
    let mut asked: u32 = activity::heartbeat_details().unwrap_or(0);
    while asked < answers_at {
        if attempt == 1 && asked == dead_at {
            activity::sleep(3_600 * SECOND).await;
        }
        activity::sleep(SECOND).await;
        asked += 1;
        activity::heartbeat(&asked);
    }
    Ok(asked)
}

#[workflow]
async fn asks_again() -> Result<String, ActivityError<String>> {
    ask().await
}

#[workflow]
async fn polls(answers_at: u32, dead_at: u32) -> Result<u32, ActivityError<String>> {
    poll(answers_at, dead_at).await
}

#[tokio::test]
async fn a_service_that_answers_the_fifth_time_costs_four_failures() {
    let (failures, answer, took) = in_four_modes(async |env| {
        let handle = start_asks_again(env.client(), "asks").await.unwrap();
        env.advance(239 * SECOND).await;
        let on_record = handle.describe().await.unwrap().attempts;
        let failures: Vec<_> = on_record.into_iter().map(|failed| failed.error).collect();
        (failures, handle.result().await.unwrap(), env.elapsed())
    })
    .await;
    assert_eq!(failures, ["not yet"; 4]);
    assert_eq!((answer, took), (Ok("yes".to_owned()), 240 * SECOND));
}

#[tokio::test]
async fn a_poller_that_is_lost_is_noticed_by_its_heartbeats() {
    let (asked, done) = in_four_modes(async |env| {
        let handle = start_polls(env.client(), "polls", 30, 10).await.unwrap();
        (handle.result().await.unwrap(), calls(env))
    })
    .await;
    assert_eq!((asked, done), (Ok(30), vec!["poll", "poll"]));

    let took = on_each_store(async |env| {
        let handle = start_polls(env.client(), "polls", 30, 10).await.unwrap();
        assert_eq!(handle.result().await.unwrap(), Ok(30));
        env.elapsed()
    });
    // Five seconds of silence, and one of pause; no question is asked twice.
    assert_eq!(took.await, (30 + 5 + 1) * SECOND);
}

#[tokio::test]
async fn a_poller_whose_process_dies_goes_on_in_another_one() {
    let (asked, took) = on_each_store(async |env| {
        let never = u32::MAX;
        let handle = start_polls(env.client(), "polls", 30, never).await.unwrap();
        env.advance(10 * SECOND).await;
        env.restart_worker().await;
        (handle.result().await.unwrap(), env.elapsed())
    })
    .await;
    // Two of the ten questions were not on record yet, and are asked again.
    assert_eq!((asked, took), (Ok(30), (30 + 2) * SECOND));
}
