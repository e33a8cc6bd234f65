//! What `docs/time-and-cancellation.md` says, of the workflows that stand there.

use super::*;
use durable_runtime::store::Phase;
use durable_runtime::testing::{Failure, TestEnv};

const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_trial_takes_two_weeks() {
    let env = TestEnv::new();
    let trial = start_trial(env.client(), "t", "ada".to_owned());
    trial.await.unwrap().result().await.unwrap().unwrap();
    assert_eq!(env.elapsed(), 14 * DAY);
    assert_eq!(env.log().calls(), ["remind"]);
}

#[tokio::test]
async fn a_limit_gives_up_what_takes_longer() {
    let env = TestEnv::new();
    env.fail(ask, 1, Failure::TimeOut);
    let asked = start_ask_in_time(env.client(), "a", "Well".to_owned());
    let said = asked.await.unwrap().result().await.unwrap().unwrap();
    assert_eq!((&*said, env.elapsed()), ("no answer", MINUTE));
}

#[tokio::test]
async fn a_condition_is_met_in_time_or_not() {
    let env = TestEnv::new();
    for (id, paid) in [("late", 4), ("paid", 5)] {
        let invoice = start_invoice(env.client(), id, 5).await.unwrap();
        for part in [2, paid - 2] {
            env.advance(DAY).await;
            invoice.signal(PAID, part).await.unwrap();
        }
        let began = env.elapsed();
        assert_eq!(invoice.result().await.unwrap().unwrap(), paid == 5);
        let waited = env.elapsed().saturating_sub(began);
        assert_eq!(waited, if paid == 5 { Duration::ZERO } else { 28 * DAY });
    }
}

#[tokio::test]
async fn ticks_do_not_drift() {
    let env = TestEnv::new();
    env.mock(report, async |_: u32| {
        durable_runtime::activity::sleep(MINUTE / 2).await;
        Ok(())
    });
    let weekly = start_weekly(env.client(), "w", 3).await.unwrap();
    weekly.result().await.unwrap().unwrap();
    let log = env.log();
    let began: Vec<_> = (0..3).map(|n| log[n].at).collect();
    assert_eq!(began, [Duration::ZERO, 7 * DAY, 14 * DAY]);
}

#[tokio::test]
async fn what_is_awaited_after_a_cancellation_runs_normally() {
    let env = TestEnv::new();
    let order = start_order(env.client(), "o", 42).await.unwrap();
    env.advance(MINUTE).await;
    order.cancel("the customer called").await.unwrap();
    let error = order.result().await.unwrap().unwrap_err();
    assert_eq!(env.elapsed(), MINUTE);
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(order.outcome().await.unwrap().phase, Phase::Cancelled);
    assert_eq!(env.log().calls(), ["hold", "release"]);
}

/// Fails with an error of its own when it is cancelled.
#[workflow]
async fn complains() -> Result<(), String> {
    let slept = sleep(DAY).await;
    slept.map_err(|_| "not so fast".to_owned())
}

/// Takes its cancellation for the end of the day.
#[workflow]
async fn careless() -> Result<String, Error> {
    select! {
        _ = sleep(DAY) => Ok("a day is over".to_owned()),
        paid = PAID.recv() => Ok(paid?.to_string()),
    }
}

#[tokio::test]
async fn any_error_after_a_cancellation_is_cancelled_and_a_value_is_none() {
    let env = TestEnv::new();
    let complains = start_complains(env.client(), "a").await.unwrap();
    let careless = start_careless(env.client(), "b").await.unwrap();
    env.advance(MINUTE).await;
    complains.cancel("now").await.unwrap();
    careless.cancel("now").await.unwrap();
    env.settle().await;
    assert_eq!(env.elapsed(), MINUTE);
    assert_eq!(
        complains.result().await.unwrap().unwrap_err(),
        "not so fast"
    );
    assert_eq!(complains.outcome().await.unwrap().phase, Phase::Cancelled);
    assert_eq!(careless.result().await.unwrap().unwrap(), "a day is over");
    let end = careless.describe().await.unwrap().summary;
    assert_eq!(end.phase, Phase::Completed);
    let took = end.created_at.until(end.finished_at.unwrap());
    assert_eq!(took, MINUTE);
}

#[tokio::test]
async fn what_was_spawned_is_cancelled_by_its_handle() {
    let env = TestEnv::new();
    env.fail(ask, 1, Failure::TimeOut);
    let patient = start_patient(env.client(), "p", "Well".to_owned());
    let said = patient.await.unwrap().result().await.unwrap().unwrap();
    assert_eq!(said, "given up: Err(Cancelled)");
    assert_eq!(env.elapsed(), MINUTE);
}

#[tokio::test]
async fn what_is_shielded_is_not_disturbed() {
    let env = TestEnv::new();
    env.mock(release, async |_: u32| {
        durable_runtime::activity::sleep(MINUTE / 2).await;
        Ok(())
    });
    let lend = start_lend(env.client(), "l", 42).await.unwrap();
    env.advance(DAY + MINUTE / 4).await;
    lend.cancel("in the middle").await.unwrap();
    lend.result().await.unwrap().unwrap();
    assert_eq!(env.log().calls(), ["hold", "release", "remind"]);

    let lend = start_lend(env.client(), "m", 42).await.unwrap();
    env.advance(MINUTE).await;
    lend.cancel("before").await.unwrap();
    assert_eq!(lend.outcome().await.unwrap().phase, Phase::Cancelled);
    let calls = env.log().of_workflow("m").calls();
    assert_eq!(calls, ["hold", "release", "remind"]);
}
