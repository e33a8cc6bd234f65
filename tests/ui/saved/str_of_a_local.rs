use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: (u64, String)) -> String {
    let name = order.1.trim_matches('.');
    let paid = charge(1).await;
    format!("{name} {paid:?}")
}

fn main() {}
