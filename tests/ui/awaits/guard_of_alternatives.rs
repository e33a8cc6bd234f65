use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: (u64, u64)) -> u64 {
    match order {
        (1 | 2, n) | (n, 3) if charge(n).await.is_ok() => n,
        _ => 0,
    }
}

fn main() {}
