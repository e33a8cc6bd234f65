use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut lines = vec![1];
    lines[0].max({
        lines.push(2);
        charge(order).await.unwrap_or(0)
    })
}

fn main() {}
