use durable_runtime::prelude::*;

#[activity]
async fn charge(name: String, cents: u64) -> u64 {
    cents + name.len() as u64
}

#[workflow]
async fn run(order: (String, u64, Vec<u64>)) -> u64 {
    let paid = charge(order.0, order.1).await.unwrap_or(0);
    paid + order.2[0]
}

fn main() {}
