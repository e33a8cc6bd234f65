use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let scale = Box::new(move |cents: u64| cents * rate);
    let paid = charge(1).await.unwrap_or(0);
    scale(paid)
}

fn main() {}
