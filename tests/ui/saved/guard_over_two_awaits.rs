use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let _lock = std::sync::Mutex::new(order);
    let first = charge(order).await.unwrap_or(0);
    charge(first).await.unwrap_or(0)
}

fn main() {}
