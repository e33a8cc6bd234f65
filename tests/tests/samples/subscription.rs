//! A subscription with a trial: a cancel ends it after the running period, a message changes the
//! amount while it runs.

use durable_runtime::prelude::*;
use durable_runtime::testing::{TestEnv, crash_everywhere};
use serde::{Deserialize, Serialize};

const CANCEL: Signal<()> = Signal::new("cancel");
const CHANGE_AMOUNT: Signal<u32> = Signal::new("change-amount");
const DAY: Duration = Duration::from_secs(86_400);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Customer {
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
    for _period in 1..=customer.max_periods {
        bill(customer.email.clone(), amount).await?;
        total += amount;
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

fn ada() -> Customer {
    Customer {
        email: "ada@example.com".to_owned(),
        trial: 14 * DAY,
        billing_period: 30 * DAY,
        max_periods: 12,
        initial_charge: 120,
    }
}

fn mock(env: &TestEnv) {
    env.mock(write_to, |_: String, _: String| Ok(()));
    env.mock(bill, |_: String, _: u32| Ok(()));
}

#[tokio::test]
async fn a_year_is_twelve_charges() {
    let env = TestEnv::new();
    mock(&env);
    let handle = start_subscribe(env.client(), "ada", ada()).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 1_440);
    assert_eq!(env.elapsed(), 374 * DAY);
}

#[tokio::test]
async fn a_new_amount_counts_from_the_next_period() {
    let env = TestEnv::new();
    mock(&env);
    let handle = start_subscribe(env.client(), "ada", ada()).await.unwrap();
    env.advance((14 + 2 * 30 + 5) * DAY).await;
    handle.signal(CHANGE_AMOUNT, 300).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 3 * 120 + 9 * 300);
}

#[tokio::test]
async fn a_trial_that_is_cancelled_costs_nothing() {
    let env = TestEnv::new();
    mock(&env);
    let handle = start_subscribe(env.client(), "ada", ada()).await.unwrap();
    env.advance(13 * DAY).await;
    handle.signal(CANCEL, ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 0);
    assert_eq!(env.log().calls(), ["write_to", "write_to"]);
    assert_eq!(env.log()[1].arguments["subject"], "trial cancelled");
}

#[tokio::test]
async fn a_cancel_ends_it_after_the_running_period() {
    let env = TestEnv::new();
    mock(&env);
    let handle = start_subscribe(env.client(), "ada", ada()).await.unwrap();
    env.advance((14 + 30 + 1) * DAY).await;
    handle.signal(CANCEL, ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), 240);
    assert_eq!(env.elapsed(), (14 + 60) * DAY);
}

#[tokio::test]
async fn the_total_can_be_read_while_it_runs() {
    let env = TestEnv::new();
    mock(&env);
    let handle = start_subscribe(env.client(), "ada", ada()).await.unwrap();
    env.advance((14 + 2 * 30) * DAY).await;
    let inspection = handle.inspect().await.unwrap().unwrap();
    let total = inspection
        .locals
        .iter()
        .find(|local| local.name == "total")
        .unwrap();
    assert_eq!(total.value, 360);
}

#[tokio::test]
async fn it_survives_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        mock(env);
        let customer = Customer {
            max_periods: 4,
            ..ada()
        };
        let handle = start_subscribe(env.client(), "ada", customer)
            .await
            .unwrap();
        env.advance(50 * DAY).await;
        handle.signal(CHANGE_AMOUNT, 300).await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    println!("{report}");
    assert_eq!(report.log().of(bill).len(), 4);
}
