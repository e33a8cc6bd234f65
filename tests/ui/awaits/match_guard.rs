use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: Option<u64>) -> u64 {
    match order {
        Some(n) if n > 10 && (n > 20 || charge(n).await.is_ok()) => n,
        _ => 0,
    }
}

fn main() {}
