//! A subscription: charge, sleep for thirty days, and again, for a year.
//!
//! The workflow is a plain loop with a plain sleep. On a real clock it would be a row in a database
//! between two charges, needing no memory and no process; here a virtual clock jumps over the
//! sleeps, so that the year is over in milliseconds.

use durable_runtime::clock::{Clock, SystemClock, VirtualClock};
use durable_runtime::engine::{Worker, WorkerOptions};
use durable_runtime::prelude::*;
use durable_runtime::store::MemoryStore;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// The contract.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    /// Who pays.
    pub customer: String,
    /// How much each time.
    pub amount: u64,
    /// How often.
    pub periods: u32,
    /// How long a period is.
    pub period: Duration,
}

impl Subscription {
    /// A year of months of thirty days.
    #[must_use]
    pub fn of_ada() -> Self {
        Self {
            customer: "Ada".to_owned(),
            amount: 120,
            periods: 12,
            period: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}

/// Charges once for each period; returns the total.
#[workflow]
pub async fn subscription(contract: Subscription) -> Result<u64, Error> {
    let mut total = 0;
    for number in 1..=contract.periods {
        total += charge_period(contract.customer.clone(), contract.amount, number).await?;
        sleep(contract.period).await?;
    }
    Ok(total)
}

#[activity]
async fn charge_period(customer: String, amount: u64, number: u32) -> Result<u64, Error> {
    println!("{}  period {number:>2}: {customer} pays {amount}", today()?);
    Ok(amount)
}

/// Stands in for the calendar.
static CLOCK: OnceLock<VirtualClock> = OnceLock::new();

fn clock() -> &'static VirtualClock {
    CLOCK.get_or_init(|| VirtualClock::new(SystemClock.now()))
}

fn today() -> Result<jiff::civil::Date, Error> {
    let now = jiff::Timestamp::from_millisecond(clock().now().0)?;
    Ok(now.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// Runs it on a virtual clock, and checks the outcome.
///
/// # Errors
/// When the outcome is another one.
pub async fn run() -> Result<(), Error> {
    let began = Instant::now();
    let store = Arc::new(MemoryStore::default());
    let worker = Worker::new(store, WorkerOptions::default()).clock(Arc::new(clock().clone()));
    let client = worker.client();
    tokio::spawn(worker.run(std::future::pending()));

    let handle = start_subscription(&client, "subscription-of-ada", Subscription::of_ada()).await?;
    let total = handle.result().await??;
    println!(
        "{}  the year is over: {total} in total, after {} ms of real time",
        today()?,
        began.elapsed().as_millis()
    );
    if total != 1_440 {
        return Err(Error::msg("12 times 120 is 1440"));
    }
    Ok(())
}
