use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let check = u64::is_power_of_two;
    let paid = charge(rate).await.unwrap_or(0);
    u64::from(Some(paid).is_some_and(check))
}

fn main() {}
