//! The order of the examples: reserved, may be cancelled for a while, charged, sent; and undone
//! when something fails.

use durable_examples::order::{Item, Order, Package, Payment, Reservation};
use durable_examples::outside::ServiceError;
use durable_examples::process_order::{
    OrderError, charge, refund, reserve, send_package, start_process_order, unreserve,
};
use durable_runtime::operation::{ActivityError, TimeoutKind};
use durable_runtime::prelude::*;
use durable_runtime::testing::{Failure, TestEnv, crash_everywhere};

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

#[tokio::test]
async fn an_order_is_charged_after_its_window_and_sent() {
    let env = TestEnv::new();
    willing(&env);
    let handle = start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap();

    env.settle().await;
    assert_eq!(env.log().calls(), ["reserve"]);

    let receipt = handle.result().await.unwrap().unwrap();
    assert_eq!((receipt.cents, &*receipt.tracking), (900, "t-1"));
    assert_eq!(env.log().calls(), ["reserve", "charge", "send_package"]);
    assert_eq!(env.log()[1].at, WINDOW);
}

#[tokio::test]
async fn a_declined_card_puts_the_goods_back() {
    let env = TestEnv::new();
    willing(&env);
    env.fail(charge, 1, Failure::Error(refusal()));
    let handle = start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap();

    let error = handle.result().await.unwrap().unwrap_err();
    assert_eq!(error, OrderError::Service(ActivityError::Failed(refusal())));
    // A refusal is not retried, by the policy of `charge`.
    assert_eq!(env.log().calls(), ["reserve", "charge", "unreserve"]);
}

#[tokio::test]
async fn a_carrier_that_is_down_costs_six_attempts_and_everything_is_undone() {
    let env = TestEnv::new();
    willing(&env);
    env.fail(send_package, 6, Failure::Error(outage()));
    let handle = start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap();

    assert!(handle.result().await.unwrap().is_err());
    let send = "send_package";
    let expected = [
        "reserve",
        "charge",
        send,
        send,
        send,
        send,
        send,
        send,
        "refund",
        "unreserve",
    ];
    assert_eq!(env.log().calls(), expected);
    // 100 ms, doubled each time, at most a second.
    let waits: Vec<_> = env
        .log()
        .of(send_package)
        .windows(2)
        .map(|two| two[1].at.as_millis() - two[0].at.as_millis())
        .collect();
    assert_eq!(waits, [100, 200, 400, 800, 1_000]);
}

#[tokio::test]
async fn a_payment_provider_that_never_answers_may_have_taken_the_money() {
    let env = TestEnv::new();
    willing(&env);
    env.fail(charge, 6, Failure::TimeOut);
    let handle = start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap();

    let error = handle.result().await.unwrap().unwrap_err();
    let timed_out = ActivityError::TimedOut(TimeoutKind::StartToClose);
    assert_eq!(error, OrderError::Service(timed_out));
    let calls = env.log().calls();
    assert_eq!(calls[7..], ["refund", "unreserve"]);
}

#[tokio::test]
async fn an_order_can_be_cancelled_within_its_window() {
    let env = TestEnv::new();
    willing(&env);
    let handle = start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap();

    env.advance(JUST_IN_TIME).await;
    handle.cancel("changed my mind").await.unwrap();

    let error = handle.result().await.unwrap().unwrap_err();
    assert_eq!(error, OrderError::Cancelled);
    assert_eq!(env.log().calls(), ["reserve", "unreserve"]);
    assert_eq!(env.elapsed(), JUST_IN_TIME);
}

#[tokio::test]
async fn the_same_id_never_starts_twice() {
    let env = TestEnv::new();
    willing(&env);
    start_process_order(env.client(), "o-1", tea())
        .await
        .unwrap();
    let again = start_process_order(env.client(), "o-1", tea()).await;
    let Err(StartError::AlreadyStarted(handle)) = again else {
        panic!("{again:?}")
    };
    assert!(handle.result().await.unwrap().is_ok());
    assert_eq!(env.log().of(reserve).len(), 1);
}

#[tokio::test]
async fn a_delivered_order_survives_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        willing(env);
        env.fail(charge, 2, Failure::Error(outage()));
        let handle = start_process_order(env.client(), "o-1", tea())
            .await
            .unwrap();
        handle.result().await.unwrap()
    })
    .await;
    println!("{report}");
    let awaits = ["charge", "reserve", "send_package", "sleep"];
    assert_eq!(
        report.awaits(),
        awaits.map(|label| format!("process_order/{label}"))
    );
}

#[tokio::test]
async fn the_undoing_of_an_order_survives_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        willing(env);
        env.fail(send_package, 6, Failure::Error(outage()));
        env.fail(refund, 1, Failure::AnswerLost);
        let handle = start_process_order(env.client(), "o-1", tea())
            .await
            .unwrap();
        handle.result().await.unwrap()
    })
    .await;
    println!("{report}");
    assert!(
        report
            .awaits()
            .iter()
            .any(|at| at.starts_with("process_order/refund"))
    );
    assert!(
        report.repeats() > 0,
        "a call without a recorded answer comes again"
    );
}

#[tokio::test]
async fn a_cancelled_order_survives_a_crash_at_every_await() {
    crash_everywhere(async |env| {
        willing(env);
        let handle = start_process_order(env.client(), "o-1", tea())
            .await
            .unwrap();
        env.advance(WINDOW / 2).await;
        handle.cancel("changed my mind").await.unwrap();
        assert_eq!(handle.result().await.unwrap(), Err(OrderError::Cancelled));
    })
    .await;
}
