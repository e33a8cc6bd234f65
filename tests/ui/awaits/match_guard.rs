use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: Option<u64>) -> u64 {
    match order {
        Some(n) if n.pow(2) + charge(n).await.unwrap_or(0) > 3 => n,
        _ => 0,
    }
}

fn main() {}
