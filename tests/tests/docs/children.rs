//! What `docs/children.md` says, of the workflows that stand there.

use super::*;
use durable_runtime::store::{Phase, RunFilter};
use durable_runtime::testing::{Failure, TestEnv};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn children_run_beside_each_other() {
    let env = TestEnv::new();
    let all = start_ship_all(env.client(), "all", vec![1, 2, 3]);
    let lines = all.await.unwrap().result().await.unwrap().unwrap();
    let expected = [1, 2, 3].map(|parcel| format!("parcel {parcel} shipped"));
    assert_eq!(lines, expected);
    assert_eq!(env.elapsed(), MINUTE);
}

#[tokio::test]
async fn a_child_hears_of_the_end_of_its_parent_and_a_detached_one_does_not() {
    let env = TestEnv::new();
    let parent = start_ship_one(env.client(), "one", 1).await.unwrap();
    let detaches = start_order_truck(env.client(), "two", 2).await.unwrap();
    detaches.result().await.unwrap().unwrap();
    parent.terminate("enough").await.unwrap();
    for (id, phase) in [("ship-1", Phase::Cancelled), ("ship-2", Phase::Completed)] {
        let child = env.client().handle::<()>(id).await.unwrap();
        assert_eq!(child.outcome().await.unwrap().phase, phase, "{id}");
    }
}

#[tokio::test]
async fn a_subscription_goes_on_in_runs_of_a_month() {
    let env = TestEnv::new();
    let year = start_subscription(env.client(), "s", 7, 0).await.unwrap();
    assert_eq!(year.result().await.unwrap().unwrap(), 12);
    assert_eq!(env.log().of(bill).len(), 12);
    let runs = env.client().count(RunFilter::default()).await.unwrap();
    assert_eq!(runs, 13);
}

#[tokio::test]
async fn a_workflow_is_tried_again_from_the_beginning() {
    let env = TestEnv::new();
    let import = start_wait_for_file(env.client(), "i", "a.csv".to_owned());
    let import = import.await.unwrap();
    let error = import.result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "a.csv is not there yet");
    let runs = env.client().count(RunFilter::default()).await.unwrap();
    assert_eq!(runs, 5);
}

#[tokio::test]
async fn what_was_done_is_undone() {
    let env = TestEnv::new();
    let buy = start_buy(env.client(), "b", 42).await.unwrap();
    let error = buy.result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "declined");
    assert!(error.failed.is_empty(), "{error}");
    let calls = env.log().calls();
    let expected = ["reserve", "charge", "charge", "charge", "unreserve"];
    assert_eq!(calls, expected);
}

#[tokio::test]
async fn a_cancellation_does_not_reach_the_undos() {
    let env = TestEnv::new();
    env.fail(charge, 1, Failure::TimeOut);
    let buy = start_buy(env.client(), "b", 42).await.unwrap();
    env.advance(MINUTE / 2).await;
    buy.cancel("not any more").await.unwrap();
    let error = buy.result().await.unwrap().unwrap_err();
    assert!(error.cause.is_cancelled(), "{error}");
    assert_eq!(env.log().calls(), ["reserve", "charge", "unreserve"]);
}
