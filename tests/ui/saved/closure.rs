use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let rate = 2;
    let taxed = |cents: u64| cents * rate;
    let paid = charge(taxed(1)).await;
    format!("{order} {paid:?} {}", taxed(2))
}

fn main() {}
