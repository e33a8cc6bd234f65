use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut x = order;
    x.max({
        x += 10;
        charge(x).await.unwrap_or(0)
    })
}

fn main() {}
