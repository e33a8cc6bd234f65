use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let times = |by: u64| move |cents: u64| cents * by;
    let paid = charge(rate).await.unwrap_or(0);
    times(rate)(paid)
}

fn main() {}
