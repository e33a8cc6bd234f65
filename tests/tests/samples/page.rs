//! The code of `docs/testing.md`, which must stand here line by line so that it compiles and holds.

use crate::buy::{CANCEL, start_buy};
use durable_runtime::WorkerOptions;
use durable_runtime::interception::{ActivityInterceptor, Attempt, Ended, Next};
use durable_runtime::interception::{StartInterceptor, Starting};
use durable_runtime::prelude::*;
use durable_runtime::testing::crash_everywhere;
use durable_runtime::testing::{Failure, TestEnv};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Reservation {
    order: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PaymentError {
    Declined,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum OrderError {
    Declined,
    Other(String),
}

fn other(error: impl std::fmt::Display) -> OrderError {
    OrderError::Other(error.to_string())
}

#[activity(name = "page-reserve")]
async fn reserve(order: Order) -> Result<Reservation, String> {
    Err(order.id)
}

#[activity(name = "page-unreserve")]
async fn unreserve(reservation: Reservation) -> Result<(), String> {
    Err(reservation.order)
}

#[activity(name = "page-charge", retry(max_attempts = 1))]
async fn charge(order: Order) -> Result<u32, PaymentError> {
    Ok(u32::from(order.id.is_empty()))
}

#[workflow(name = "page-process_order")]
async fn process_order(order: Order) -> Result<u32, OrderError> {
    let reservation = reserve(order.clone()).await.map_err(other)?;
    match charge(order).await {
        Ok(charged) => Ok(charged),
        Err(_) => {
            unreserve(reservation).await.map_err(other)?;
            Err(OrderError::Declined)
        }
    }
}

fn order() -> Order {
    Order {
        id: "o-1".to_owned(),
    }
}

fn item() -> String {
    "tea".to_owned()
}

#[tokio::test]
async fn a_declined_card_puts_the_goods_back() {
    let env = TestEnv::new();
    env.mock(reserve, |order: Order| Ok(Reservation { order: order.id }));
    env.mock(unreserve, |_: Reservation| Ok(()));
    env.fail(charge, 1, Failure::Error(PaymentError::Declined));

    let handle = start_process_order(env.client(), "o-1", order())
        .await
        .unwrap();
    let result = handle.result().await.unwrap();

    assert_eq!(result, Err(OrderError::Declined));
    assert_eq!(
        env.log().calls(),
        ["page-reserve", "page-charge", "page-unreserve"]
    );
}

#[tokio::test]
async fn the_log_has_one_entry_for_each_attempt() {
    let env = TestEnv::new();
    env.mock(reserve, |order: Order| Ok(Reservation { order: order.id }));
    let handle = start_process_order(env.client(), "o-1", order())
        .await
        .unwrap();
    assert_eq!(handle.result().await.unwrap(), Ok(0));
    let log = env.log();
    assert_eq!(log.of(charge).len(), 1);
    assert_eq!(log[1].arguments["order"]["id"], "o-1");
    assert_eq!(log[1].at, Duration::ZERO);
}

#[tokio::test]
async fn a_cancel_just_in_time() {
    let env = TestEnv::new();
    let handle = start_buy(env.client(), "b-1", item()).await.unwrap();
    env.advance(Duration::from_millis(4_999)).await;
    handle.signal(CANCEL, ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), None);
    assert_eq!(env.elapsed(), Duration::from_millis(4_999));
}

#[tokio::test]
async fn it_survives_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        env.mock(reserve, |order: Order| Ok(Reservation { order: order.id }));
        let handle = start_process_order(env.client(), "o-1", order())
            .await
            .unwrap();
        handle.result().await.unwrap()
    })
    .await;
    assert!(report.awaits().contains(&"page-process_order/charge"));
    println!("{report}");
}

#[tokio::test]
async fn nobody_is_there_for_a_while() {
    const DAY: Duration = Duration::from_secs(86_400);
    let env = TestEnv::with_options(WorkerOptions {
        evict_always: true,
        ..WorkerOptions::default()
    });
    env.advance(40 * DAY).await;
    env.kill_worker().await;
    env.advance(10 * DAY).await; // nobody is there
    env.start_worker();
    assert_eq!(env.elapsed(), 50 * DAY);
}

#[workflow]
async fn wake_up_after(wait: Duration) -> Result<Duration, Error> {
    let began = now();
    sleep_until(began + wait).await?;
    Ok(now().duration_since(began).unwrap_or_default())
}

#[tokio::test]
async fn code_reads_the_clock_of_the_test() {
    let env = TestEnv::new();
    let wait = Duration::from_secs(3_600);
    let handle = start_wake_up_after(env.client(), "r", wait).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), wait);
}

#[tokio::test]
async fn it_survives_them_on_sqlite_too() {
    let env = TestEnv::builder().sqlite().build();
    let tables = "CREATE TABLE seats (seat TEXT)";
    let made = env
        .client()
        .transact(move |tx| tx.execute(tables, ()))
        .await;
    made.unwrap().unwrap();

    let report = TestEnv::builder()
        .sqlite()
        .crash_everywhere(async |env| {
            let handle = start_buy(env.client(), "b-1", item()).await.unwrap();
            handle.signal(CANCEL, ()).await.unwrap();
            handle.result().await.unwrap().unwrap()
        })
        .await;
    assert!(!report.points().is_empty());
}

#[derive(Debug)]
struct Closed;

impl ActivityInterceptor for Closed {
    async fn execute(&self, _: Attempt<'_>, _: Next<'_>) -> Ended {
        Ended::refused("we are closed").for_good()
    }
}

#[derive(Debug)]
struct OfTenants;

impl StartInterceptor for OfTenants {
    fn start(&self, start: &mut Starting<'_>) -> Result<(), Error> {
        match start.headers().get("tenant") {
            Some(_) => Ok(()),
            None => Err(Error::msg("a start needs a tenant")),
        }
    }
}

#[tokio::test]
async fn interceptors_of_workers_and_of_the_client() {
    let env = TestEnv::builder()
        .worker(|worker| worker.intercept_activities(Closed))
        .build();
    let client = env.client().clone().intercept_starts(OfTenants);

    let refused = start_process_order(&client, "o-1", order()).await;
    assert!(
        matches!(refused, Err(StartError::Refused(_))),
        "{refused:?}"
    );
    let handle = start_process_order(&client, "o-1", order()).header("tenant", "acme");
    let ended = handle.await.unwrap().result().await.unwrap();
    assert!(ended.is_err() && env.log().is_empty(), "{ended:?}");
}

#[test]
fn the_page_says_what_stands_here() {
    let here = shape(include_str!("page.rs"));
    let page = include_str!("../../../docs/testing.md");
    let blocks = page.split("```rust\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let mut parts = 0;
    for part in blocks.flat_map(parts_of) {
        assert!(here.contains(&shape(&part)), "not compiled:\n{part}");
        parts += 1;
    }
    assert!(parts > 5, "only {parts} parts were found");
}

/// What stands between blank lines and lines that leave something out.
fn parts_of(block: &str) -> Vec<String> {
    let lines: Vec<_> = block.lines().collect();
    let parts = lines.split(|line| line.trim().is_empty() || line.contains('…'));
    let parts = parts.filter(|part| !part.is_empty());
    parts.map(|part| part.join("\n")).collect()
}

/// Code without its layout. Names bear a prefix here, since those of the examples are linked too.
fn shape(code: &str) -> String {
    let text: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect();
    text.replace("page-", "")
}
