//! Clean-up when a workflow, or one branch of it, is cancelled.

use crate::modes::{calls, in_four_modes, on_each_store};
use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;
use durable_runtime::testing::TestEnv;

const MINUTE: Duration = Duration::from_secs(60);

/// Works for five minutes, says so, and stops when it is told to.
#[activity(start_to_close = "1h", heartbeat = "30s", cancellation = "wait")]
async fn grind() -> Result<u32, String> {
    let cancelled = activity::cancellation();
    for done in 0..30 {
        if cancelled.is_cancelled() {
            cancelled.confirm().await;
        }
        activity::sleep(Duration::from_secs(10)).await;
        activity::heartbeat(&done);
    }
    Ok(30)
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

/// One branch has a minute, the other all the time that it needs.
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
    let (phase, done) = in_four_modes(async |env| {
        let handle = start_workshop(env.client(), "w").await.unwrap();
        (cancelled_after_a_minute(env, &handle).await, calls(env))
    })
    .await;
    assert_eq!(phase, Phase::Cancelled);
    assert_eq!(done, ["grind", "sweep"]);
}

#[tokio::test]
async fn the_sweeping_takes_its_time() {
    let sweeps = async |env: &TestEnv| {
        let handle = start_workshop(env.client(), "w").await.unwrap();
        cancelled_after_a_minute(env, &handle).await;
        env.elapsed()
    };
    // It was told at its next look.
    let told = 6 * MINUTE + Duration::from_secs(10);
    assert_eq!(on_each_store(sweeps).await, told);
    // However the process dies, all of its time is given to it after the cancel.
    let all = in_four_modes(async |env| sweeps(env).await >= 6 * MINUTE);
    assert!(all.await);
}

#[tokio::test]
async fn who_handles_a_cancellation_and_returns_has_completed() {
    let (phase, result) = in_four_modes(async |env| {
        let handle = start_content(env.client(), "c").await.unwrap();
        let phase = cancelled_after_a_minute(env, &handle).await;
        (phase, handle.result().await.unwrap())
    })
    .await;
    assert_eq!((phase, result), (Phase::Completed, Ok(0)));
}

#[tokio::test]
async fn a_branch_is_cancelled_alone() {
    let benches = async |env: &TestEnv| {
        let handle = start_two_benches(env.client(), "b").await.unwrap();
        handle.result().await.unwrap()
    };
    assert_eq!(in_four_modes(benches).await, (true, Ok(30)));
    let took = on_each_store(async |env| {
        benches(env).await.1.unwrap();
        env.elapsed()
    });
    assert_eq!(took.await, 5 * MINUTE);
}
