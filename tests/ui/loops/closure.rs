use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> u64 {
    let mut total = 0;
    for order in orders.into_iter().take_while(|cents| *cents > 2) {
        total += charge(order).await.unwrap_or(0);
    }
    total
}

fn main() {}
