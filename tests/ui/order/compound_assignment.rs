use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut totals = vec![0, 0];
    let mut next = 0;
    let mut index = || {
        next += 1;
        next - 1
    };
    totals[index()] += charge(order).await.unwrap_or(0);
    totals[0]
}

fn main() {}
