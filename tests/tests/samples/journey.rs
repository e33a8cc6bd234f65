//! A saga of four steps: what was booked is given back newest first when one fails.

use crate::modes::in_four_modes;
use durable_runtime::prelude::*;
use durable_runtime::testing::{Failure, TestEnv};

#[activity(retry(max_attempts = 3, initial = "1s", non_retryable = is_final))]
async fn take(what: String) -> Result<String, String> {
    Ok(format!("{what} is booked"))
}

fn is_final(error: &String) -> bool {
    error == "sold out"
}

#[activity(retry(max_attempts = 2, initial = "1s"))]
async fn give_back(what: String) -> Result<(), String> {
    let _ = what;
    Ok(())
}

/// Books all of it, or nothing.
#[workflow]
async fn journey() -> Result<u32, SagaError> {
    let mut saga = Saga::new();
    match legs(&mut saga).await {
        Ok(count) => Ok(count),
        Err(error) => Err(saga.compensate(error).await),
    }
}

#[workflow]
async fn legs(saga: &mut Saga) -> Result<u32, Error> {
    let mut count = 0;
    for what in ["car", "hotel", "flight", "boat"] {
        take(what.to_owned()).await.map_err(Error::msg)?;
        saga.push(give_back(what.to_owned()));
        count += 1;
    }
    Ok(count)
}

/// Books all but the boat; gives back all but what sticks.
fn services(env: &TestEnv, refusal: &'static str, sticks: &'static str) {
    env.mock(take, move |what: String| match &*what {
        "boat" if !refusal.is_empty() => Err(refusal.to_owned()),
        _ => Ok(what),
    });
    env.mock(give_back, move |what: String| {
        if what == sticks {
            Err(format!("the {what} desk is closed"))
        } else {
            Ok(())
        }
    });
}

/// The error of a journey, and what was asked of the services, in order.
async fn failed(env: &TestEnv) -> (String, Vec<String>) {
    let handle = start_journey(env.client(), "j").await.unwrap();
    let error = handle.result().await.unwrap().unwrap_err().to_string();
    let mut asked = Vec::new();
    for entry in env.log().iter() {
        let text = format!("{} {}", entry.activity, entry.arguments["what"]);
        // A call that a crash has repeated is the same one.
        if asked.last() != Some(&text) {
            asked.push(text);
        }
    }
    (error, asked)
}

const ALL: [&str; 7] = [
    "take \"car\"",
    "take \"hotel\"",
    "take \"flight\"",
    "take \"boat\"",
    "give_back \"flight\"",
    "give_back \"hotel\"",
    "give_back \"car\"",
];

#[tokio::test]
async fn what_was_booked_is_given_back_newest_first() {
    let (error, asked) = in_four_modes(async |env| {
        services(env, "the harbour is frozen", "");
        failed(env).await
    })
    .await;
    assert_eq!(error, "the harbour is frozen");
    assert_eq!(asked, ALL);
}

#[tokio::test]
async fn what_cannot_be_given_back_stops_nothing_and_is_told() {
    let (error, asked) = in_four_modes(async |env| {
        services(env, "the harbour is frozen", "hotel");
        failed(env).await
    })
    .await;
    assert_eq!(
        error,
        "the harbour is frozen (not undone: give_back: the hotel desk is closed)"
    );
    assert_eq!(asked, ALL);
}

#[tokio::test]
async fn a_final_refusal_is_not_asked_again() {
    for (refusal, attempts) in [("sold out", 1), ("the harbour is frozen", 3)] {
        let env = TestEnv::new();
        services(&env, refusal, "");
        failed(&env).await;
        let log = env.log();
        let boats = log
            .of(take)
            .iter()
            .filter(|e| e.arguments["what"] == "boat")
            .count();
        assert_eq!(boats, attempts, "{refusal}");
    }
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_gives_back_goes_on_with_the_rest() {
    let env = TestEnv::new();
    services(&env, "sold out", "");
    // The hotel takes a while: time enough to be killed.
    env.fail(give_back, 1, Failure::Error("try again".to_owned()));
    let handle = start_journey(env.client(), "j").await.unwrap();
    env.advance(Duration::from_millis(1_500)).await;
    env.kill_worker().await;
    env.start_worker();
    handle.result().await.unwrap().unwrap_err();
    // Each was asked twice, as the first attempt has failed, and none once more.
    assert_eq!(env.log().of(give_back).len(), 6);
}

#[tokio::test]
async fn a_journey_that_is_booked_gives_nothing_back() {
    let env = TestEnv::new();
    services(&env, "", "");
    let handle = start_journey(env.client(), "j").await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 4);
    assert_eq!(env.log().calls(), ["take"; 4]);
}
