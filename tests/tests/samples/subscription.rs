//! A subscription with a trial: a cancel ends it after the running period, a message changes the
//! amount while it runs.

use crate::modes::{calls, in_four_modes};
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use serde::{Deserialize, Serialize};

const CANCEL: Signal<()> = Signal::new("cancel");
const CHANGE_AMOUNT: Signal<u32> = Signal::new("change-amount");
const PERIOD: Published<u32> = Published::new("period");
const TOTAL: Published<u32> = Published::new("total");
const DAY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Customer {
    id: String,
    email: String,
    trial: Duration,
    billing_period: Duration,
    max_periods: u32,
    initial_charge: u32,
}

#[activity]
async fn write_to(to: String, subject: &str) -> Result<(), Error> {
    Err(Error::msg(format!("a test has written to {to}: {subject}")))
}

#[activity]
async fn bill(email: String, amount: u32) -> Result<(), Error> {
    Err(Error::msg(format!("a test has charged {email} {amount}")))
}

#[workflow]
async fn subscribe(customer: Customer) -> Result<u32, Error> {
    write_to(customer.email.clone(), "welcome").await?;
    if timeout(customer.trial, CANCEL.recv()).await.is_ok() {
        write_to(customer.email, "trial cancelled").await?;
        return Ok(0);
    }
    let mut amount = customer.initial_charge;
    let mut total = 0;
    for period in 1..=customer.max_periods {
        PERIOD.set(&period);
        bill(customer.email.clone(), amount).await?;
        total += amount;
        TOTAL.set(&total);
        let mut end = spawn(sleep(customer.billing_period));
        let cancelled = loop {
            select! {
                done = &mut end => {
                    done?;
                    break false;
                }
                cancel = CANCEL.recv() => {
                    cancel?;
                    break true;
                }
                new = CHANGE_AMOUNT.recv() => amount = new?,
            }
        };
        if cancelled {
            end.await?;
            break;
        }
    }
    write_to(customer.email, "good bye").await?;
    Ok(total)
}

fn ada(max_periods: u32) -> Customer {
    Customer {
        id: "ada".to_owned(),
        email: "ada@example.com".to_owned(),
        trial: 14 * DAY,
        billing_period: 30 * DAY,
        max_periods,
        initial_charge: 120,
    }
}

async fn subscribed(env: &TestEnv, customer: Customer) -> Handle<Result<u32, Error>> {
    env.mock(write_to, |_: String, _: String| Ok(()));
    env.mock(bill, |_: String, _: u32| Ok(()));
    let id = customer.id.clone();
    start_subscribe(env.client(), id, customer).await.unwrap()
}

#[tokio::test]
async fn a_year_is_twelve_charges() {
    let (total, took, done) = in_four_modes(async |env| {
        let handle = subscribed(env, ada(12)).await;
        let total = handle.result().await.unwrap().unwrap();
        (total, env.elapsed(), calls(env))
    })
    .await;
    assert_eq!((total, took), (1_440, (14 + 360) * DAY));
    assert_eq!(done[1..13], ["bill"; 12]);
    assert_eq!([done[0], done[13]], ["write_to"; 2]);
}

#[tokio::test]
async fn a_new_amount_counts_from_the_next_period() {
    let total = in_four_modes(async |env| {
        let handle = subscribed(env, ada(12)).await;
        env.advance((14 + 2 * 30 + 5) * DAY).await;
        handle.signal(CHANGE_AMOUNT, 300).await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    assert_eq!(total, 3 * 120 + 9 * 300);
}

#[tokio::test]
async fn a_trial_that_is_cancelled_costs_nothing() {
    let (total, letters) = in_four_modes(async |env| {
        let handle = subscribed(env, ada(12)).await;
        env.advance(13 * DAY).await;
        handle.signal(CANCEL, ()).await.unwrap();
        let total = handle.result().await.unwrap().unwrap();
        let letters = env.log().without_repeats();
        let letters = letters
            .iter()
            .map(|letter| letter.arguments["subject"].to_string());
        (total, letters.collect::<Vec<_>>())
    })
    .await;
    assert_eq!(total, 0);
    assert_eq!(letters, [r#""welcome""#, r#""trial cancelled""#]);
}

#[tokio::test]
async fn a_cancel_ends_it_after_the_running_period() {
    let (total, took, done) = in_four_modes(async |env| {
        let handle = subscribed(env, ada(12)).await;
        env.advance((14 + 30 + 1) * DAY).await;
        handle.signal(CANCEL, ()).await.unwrap();
        let total = handle.result().await.unwrap().unwrap();
        (total, env.elapsed(), calls(env))
    })
    .await;
    assert_eq!((total, took), (240, (14 + 60) * DAY));
    assert_eq!(done, ["write_to", "bill", "bill", "write_to"]);
}

#[tokio::test]
async fn period_and_total_can_be_read_at_any_time() {
    let read = in_four_modes(async |env| {
        let handle = subscribed(env, ada(3)).await;
        let mut read = Vec::new();
        // In the trial, in each period, and after the end.
        for _ in 0..5 {
            env.settle().await;
            let period = handle.published(PERIOD).await.unwrap();
            read.push((period, handle.published(TOTAL).await.unwrap()));
            env.advance(if read.len() == 1 { 14 } else { 30 } * DAY)
                .await;
        }
        read
    })
    .await;
    let charged = |period| (Some(period), Some(period * 120));
    let expected = [(None, None), charged(1), charged(2), charged(3), charged(3)];
    assert_eq!(read, expected);
}
