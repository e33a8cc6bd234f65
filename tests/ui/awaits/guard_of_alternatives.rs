use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: (u64, u64, u64, u64, u64)) -> u64 {
    match order {
        (1 | 2, 1 | 2, 1 | 2, 1 | 2, 1 | 2) if charge(1).await.is_ok() => 1,
        _ => 0,
    }
}

fn main() {}
