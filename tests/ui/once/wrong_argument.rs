use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let paid = charge(order.clone()).await;
    format!("{order} {paid:?}")
}

fn main() {}
