use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut rate = 2;
    let f = move |x: u64| x * rate;
    rate = 10;
    let paid = charge(order).await.unwrap_or(0);
    f(paid) + rate
}

fn main() {}
