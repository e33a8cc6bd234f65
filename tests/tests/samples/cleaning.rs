//! Clean-up when a workflow, or one branch of it, is cancelled.

use crate::modes::in_four_modes;
use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;
use durable_runtime::testing::TestEnv;

const MINUTE: Duration = Duration::from_secs(60);

/// Works for an hour, says so, and stops when it is told to.
#[activity(start_to_close = "2h", heartbeat = "30s", cancellation = "wait")]
async fn grind() -> Result<u32, String> {
    let cancelled = activity::cancellation();
    for done in 0..360 {
        if cancelled.is_cancelled() {
            cancelled.confirm().await;
        }
        activity::sleep(Duration::from_secs(10)).await;
        activity::heartbeat(&done);
    }
    Ok(360)
}

#[activity(start_to_close = "10m")]
async fn sweep() -> Result<(), String> {
    activity::sleep(5 * MINUTE).await;
    Ok(())
}

#[activity]
async fn polish() -> Result<(), String> {
    Ok(())
}

/// Grinds and polishes; when it is cancelled, it sweeps and says so.
#[workflow]
async fn workshop() -> Result<u32, Error> {
    match grind().await {
        Ok(done) => {
            polish().await.map_err(Error::msg)?;
            Ok(done)
        }
        Err(error) => {
            sweep().await.map_err(Error::msg)?;
            Err(Error::msg(error))
        }
    }
}

/// Is content with what it has when it is cancelled.
#[workflow]
async fn content() -> Result<u32, String> {
    match grind().await {
        Ok(done) => Ok(done),
        Err(ActivityError::Cancelled) => Ok(0),
        Err(error) => Err(error.to_string()),
    }
}

/// One branch has a minute, the other an hour.
#[workflow]
async fn two_benches() -> (bool, Result<u32, String>) {
    let (limited, other) = join!(timeout(MINUTE, grind()), grind());
    (limited.is_err(), other.map_err(|error| error.to_string()))
}

async fn cancelled_after_a_minute(env: &TestEnv, handle: &Handle<impl Sized>) -> Phase {
    env.advance(MINUTE).await;
    handle.cancel("closing time").await.unwrap();
    handle.outcome().await.unwrap().phase
}

#[tokio::test]
async fn a_cancelled_workshop_is_swept_and_polishes_nothing() {
    let phase = in_four_modes(async |env| {
        let handle = start_workshop(env.client(), "w").await.unwrap();
        let phase = cancelled_after_a_minute(env, &handle).await;
        assert!(env.log().of(polish).is_empty());
        assert!(!env.log().of(sweep).is_empty());
        phase
    })
    .await;
    assert_eq!(phase, Phase::Cancelled);
}

#[tokio::test]
async fn the_sweeping_takes_its_time() {
    let env = TestEnv::new();
    let handle = start_workshop(env.client(), "w").await.unwrap();
    assert_eq!(
        cancelled_after_a_minute(&env, &handle).await,
        Phase::Cancelled
    );
    // It was told at its next look.
    assert_eq!(env.elapsed(), 6 * MINUTE + Duration::from_secs(10));
    assert_eq!(env.log().calls(), ["grind", "sweep"]);
}

#[tokio::test]
async fn who_handles_a_cancellation_and_returns_has_completed() {
    let phase = in_four_modes(async |env| {
        let handle = start_content(env.client(), "c").await.unwrap();
        let phase = cancelled_after_a_minute(env, &handle).await;
        assert_eq!(handle.result().await.unwrap(), Ok(0));
        phase
    })
    .await;
    assert_eq!(phase, Phase::Completed);
}

#[tokio::test]
async fn a_branch_is_cancelled_alone() {
    let env = TestEnv::new();
    let handle = start_two_benches(env.client(), "b").await.unwrap();
    assert_eq!(handle.result().await.unwrap(), (true, Ok(360)));
    assert_eq!(env.elapsed(), 60 * MINUTE);
}
