use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let map = std::collections::HashMap::from([(1, 2), (3, 4)]);
    let mut total = order;
    for (key, value) in &map {
        total += charge(*key).await.unwrap_or(0) + value;
    }
    total
}

fn main() {}
