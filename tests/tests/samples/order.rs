//! The order of the examples: reserved, may be cancelled for a while, charged, sent; and undone
//! when something fails.

use crate::modes::{calls, in_four_modes, on_each_store};
use durable_examples::order::{Item, Order, Package, Payment, Receipt, Reservation};
use durable_examples::outside::ServiceError;
use durable_examples::process_order::{
    OrderError, charge, refund, reserve, send_package, start_process_order, unreserve,
};
use durable_runtime::operation::{ActivityError, TimeoutKind};
use durable_runtime::prelude::*;
use durable_runtime::store::Phase;
use durable_runtime::testing::{Called, Failure, TestEnv};

const WINDOW: Duration = Duration::from_secs(30 * 60);
const JUST_IN_TIME: Duration = Duration::from_millis(30 * 60 * 1_000 - 1);

fn tea() -> Order {
    Order {
        id: "o-1".to_owned(),
        customer: "Ada".to_owned(),
        items: vec![Item {
            sku: "tea".to_owned(),
            quantity: 2,
            price_cents: 450,
        }],
        card: "4242".to_owned(),
        address: "1 Main Street".to_owned(),
        cancellation_window_ms: 1_800_000,
    }
}

/// Services that do what they are asked.
fn willing(env: &TestEnv) {
    env.mock(reserve, |order: Order| {
        Ok(Reservation {
            id: "r-1".to_owned(),
            order: order.id,
        })
    });
    env.mock(charge, |order: Order| {
        Ok(Payment {
            id: "p-1".to_owned(),
            cents: order.total_cents(),
            order: order.id,
        })
    });
    env.mock(send_package, |order: Order| {
        Ok(Package {
            id: "t-1".to_owned(),
            order: order.id,
        })
    });
    env.mock(refund, |_: String| Ok(()));
    env.mock(unreserve, |_: Reservation| Ok(()));
}

fn refusal() -> ServiceError {
    ServiceError::Refused("card declined".to_owned())
}

fn outage() -> ServiceError {
    ServiceError::Unavailable("503".to_owned())
}

type Answer = Result<Receipt, OrderError>;

async fn ordered(env: &TestEnv) -> Handle<Answer> {
    willing(env);
    start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap()
}

/// What the customer hears, and what was done.
async fn heard(env: &TestEnv, handle: Handle<Answer>) -> (Answer, Vec<&'static str>) {
    (handle.result().await.unwrap(), calls(env))
}

#[tokio::test]
async fn an_order_is_charged_after_its_window_and_sent() {
    let (receipt, done, took) = in_four_modes(async |env| {
        let handle = ordered(env).await;
        env.advance(JUST_IN_TIME).await;
        assert_eq!(calls(env), ["reserve"]);
        let (receipt, done) = heard(env, handle).await;
        (receipt.unwrap(), done, env.elapsed())
    })
    .await;
    assert_eq!((receipt.cents, &*receipt.tracking), (900, "t-1"));
    assert_eq!(done, ["reserve", "charge", "send_package"]);
    assert_eq!(took, WINDOW);
}

#[tokio::test]
async fn a_declined_card_puts_the_goods_back() {
    let (answer, done) = in_four_modes(async |env| {
        env.fail(charge, 1, Failure::Error(refusal()));
        heard(env, ordered(env).await).await
    })
    .await;
    let failed = ActivityError::Failed(refusal());
    assert_eq!(answer, Err(OrderError::Service(failed)));
    // A refusal is not retried, by the policy of `charge`.
    assert_eq!(done, ["reserve", "charge", "unreserve"]);
}

#[tokio::test]
async fn a_payment_provider_that_is_down_has_taken_no_money() {
    let (answer, done) = in_four_modes(async |env| {
        // Five outages and a refusal: the last answer says that nothing was taken.
        env.fail(charge, 5, Failure::Error(outage()));
        env.fail(charge, 1, Failure::Error(refusal()));
        heard(env, ordered(env).await).await
    })
    .await;
    let failed = ActivityError::Failed(refusal());
    assert_eq!(answer, Err(OrderError::Service(failed)));
    assert_eq!(done[..7], [&["reserve"][..], &["charge"; 6]].concat());
    // No refund is due.
    assert_eq!(done[7..], ["unreserve"]);
}

#[tokio::test]
async fn a_payment_provider_that_never_answers_may_have_taken_the_money() {
    let (answer, done) = in_four_modes(async |env| {
        env.fail(charge, 6, Failure::TimeOut);
        heard(env, ordered(env).await).await
    })
    .await;
    let timed_out = ActivityError::TimedOut(TimeoutKind::StartToClose);
    assert_eq!(answer, Err(OrderError::Service(timed_out)));
    assert_eq!(done[..7], [&["reserve"][..], &["charge"; 6]].concat());
    assert_eq!(done[7..], ["refund", "unreserve"]);
}

#[tokio::test]
async fn a_carrier_that_is_down_costs_six_attempts_and_everything_is_undone() {
    let (answer, done) = in_four_modes(async |env| {
        env.fail(send_package, 6, Failure::Error(outage()));
        // It gives the money back, and nobody hears of it: it is asked again.
        env.fail(refund, 1, Failure::AnswerLost);
        heard(env, ordered(env).await).await
    })
    .await;
    assert!(answer.is_err());
    assert_eq!(done[..2], ["reserve", "charge"]);
    assert_eq!(done[2..8], ["send_package"; 6]);
    assert_eq!(done[8..], ["refund", "refund", "unreserve"]);
}

#[tokio::test]
async fn the_pauses_between_attempts_grow() {
    let pauses = on_each_store(async |env| {
        env.fail(send_package, 6, Failure::Error(outage()));
        heard(env, ordered(env).await).await.0.unwrap_err();
        let sent = env.log().of(send_package);
        let at = |called: &Called| called.at.as_millis();
        let pauses = sent.windows(2).map(|two| at(&two[1]) - at(&two[0]));
        pauses.collect::<Vec<_>>()
    })
    .await;
    // 100 ms, doubled each time, at most a second.
    assert_eq!(pauses, [100, 200, 400, 800, 1_000]);
}

#[tokio::test]
async fn an_order_can_be_cancelled_within_its_window() {
    let ((answer, done), phase, took) = in_four_modes(async |env| {
        let handle = ordered(env).await;
        env.advance(JUST_IN_TIME).await;
        handle.cancel("changed my mind").await.unwrap();
        let phase = handle.outcome().await.unwrap().phase;
        (heard(env, handle).await, phase, env.elapsed())
    })
    .await;
    assert_eq!(
        (answer, phase),
        (Err(OrderError::Cancelled), Phase::Cancelled)
    );
    assert_eq!(done, ["reserve", "unreserve"]);
    assert_eq!(took, JUST_IN_TIME);
}

#[tokio::test]
async fn the_same_id_never_starts_twice() {
    let (answer, done) = in_four_modes(async |env| {
        ordered(env).await;
        let again = start_process_order(env.client(), "o-1", tea()).await;
        let Err(StartError::AlreadyStarted(handle)) = again else {
            panic!("{again:?}")
        };
        heard(env, handle).await
    })
    .await;
    assert!(answer.is_ok());
    assert_eq!(done, ["reserve", "charge", "send_package"]);
}
