use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let mut letters = order.chars();
    let first = letters.next();
    let paid = charge(1).await;
    format!("{first:?} {paid:?} {:?}", letters.next())
}

fn main() {}
