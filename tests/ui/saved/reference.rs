use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let mut first = &order;
    let paid = charge(1).await;
    format!("{first} {paid:?}")
}

fn main() {}
