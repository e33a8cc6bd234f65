use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: Option<u64>) -> Option<u64> {
    match order {
        Some(n) if charge(n).await.ok()? > 3 => Some(n),
        _ => None,
    }
}

fn main() {}
