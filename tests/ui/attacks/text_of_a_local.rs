use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let text = order.to_string().replace('1', "");
    let part = text.as_str();
    let paid = charge(order).await.unwrap_or(0);
    part.len() as u64 + paid
}

fn main() {}
