use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    if order.is_empty() {
        drop(charge(1).await);
        break charge(2).await.unwrap_or(0);
    }
    order
}

fn main() {}
