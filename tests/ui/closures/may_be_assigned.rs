use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let mut scale: fn(u64) -> u64 = |cents| cents;
    if rate > 1 {
        scale = |cents| cents * 2;
    }
    let paid = charge(rate).await.unwrap_or(0);
    scale(paid)
}

fn main() {}
