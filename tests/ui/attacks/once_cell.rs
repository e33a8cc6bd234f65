use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let once = std::cell::OnceCell::new();
    let r = once.get();
    once.set(5).unwrap();
    let paid = charge(order).await.unwrap_or(0);
    r.copied().unwrap_or(paid)
}

fn main() {}
