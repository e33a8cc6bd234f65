//! A saga of four steps: what was booked is given back newest first when one fails.

use crate::modes::{in_four_modes, on_each_store};
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

/// The same, but nobody hears of what could not be given back.
#[workflow]
async fn quiet_journey() -> Result<u32, Error> {
    let mut saga = Saga::new();
    match legs(&mut saga).await {
        Ok(count) => Ok(count),
        Err(error) => Err(saga.compensate(error).await.cause),
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

/// What was asked of the services, in order.
fn asked(env: &TestEnv) -> Vec<String> {
    let log = env.log().without_repeats();
    let mut asked = log
        .iter()
        .map(|call| format!("{} {}", call.activity, call.arguments["what"]))
        .collect::<Vec<_>>();
    // Attempts of one call follow one another.
    asked.dedup();
    asked
}

/// The error of a journey, and what was asked.
async fn failed(env: &TestEnv) -> (String, Vec<String>) {
    let handle = start_journey(env.client(), "j").await.unwrap();
    let error = handle.result().await.unwrap().unwrap_err();
    (error.to_string(), asked(env))
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
async fn what_cannot_be_given_back_can_be_swallowed() {
    let (error, asked) = in_four_modes(async |env| {
        services(env, "the harbour is frozen", "hotel");
        let handle = start_quiet_journey(env.client(), "j").await.unwrap();
        let error = handle.result().await.unwrap().unwrap_err();
        (error.to_string(), asked(env))
    })
    .await;
    assert_eq!(error, "the harbour is frozen");
    assert_eq!(asked, ALL);
}

#[tokio::test]
async fn a_final_refusal_is_not_asked_again() {
    for (refusal, attempts) in [("sold out", 1), ("the harbour is frozen", 3)] {
        let boats = in_four_modes(async |env| {
            services(env, refusal, "");
            failed(env).await;
            let taken = env.log().without_repeats().of(take);
            taken
                .iter()
                .filter(|e| e.arguments["what"] == "boat")
                .count()
        });
        assert_eq!(boats.await, attempts, "{refusal}");
    }
}

#[tokio::test]
async fn a_process_that_is_killed_while_it_gives_back_goes_on_with_the_rest() {
    let given_back = on_each_store(async |env| {
        services(env, "sold out", "");
        // The flight takes a while: time enough to be killed.
        env.fail(give_back, 1, Failure::Error("try again".to_owned()));
        let handle = start_journey(env.client(), "j").await.unwrap();
        env.advance(Duration::from_millis(1_500)).await;
        env.restart_worker().await;
        handle.result().await.unwrap().unwrap_err();
        env.log().of(give_back).len()
    })
    .await;
    // Each was asked twice, as the first attempt has failed, and none once more.
    assert_eq!(given_back, 6);
}

#[tokio::test]
async fn a_journey_that_is_booked_gives_nothing_back() {
    let (count, asked) = in_four_modes(async |env| {
        services(env, "", "");
        let handle = start_journey(env.client(), "j").await.unwrap();
        (handle.result().await.unwrap().unwrap(), asked(env))
    })
    .await;
    assert_eq!((count, &asked[..]), (4, &ALL.map(str::to_owned)[..4]));
}
