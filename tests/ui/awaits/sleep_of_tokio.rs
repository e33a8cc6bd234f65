use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    tokio::time::sleep(Duration::from_secs(60)).await;
    let found = tokio::fs::read(&order).await;
    drop((found, charge(1).await));
    order
}

fn main() {}
