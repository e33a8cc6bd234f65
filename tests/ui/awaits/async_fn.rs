use durable_runtime::prelude::*;

async fn price(order: &str) -> u64 {
    order.len() as u64
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let total = price(&order).await;
    let paid = charge(total).await;
    format!("{order} {paid:?}")
}

fn main() {}
