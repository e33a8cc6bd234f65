use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut totals = [0, 0];
    totals[charge(order).await.unwrap_or(0) as usize] += order.pow(2);
    totals[0]
}

fn main() {}
