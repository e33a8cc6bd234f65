use durable_runtime::prelude::*;

fn make() -> u64 {
    1
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let r = &make();
    let paid = charge(order).await.unwrap_or(0);
    *r + paid
}

fn main() {}
