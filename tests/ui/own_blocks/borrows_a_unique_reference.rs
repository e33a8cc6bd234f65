use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: &mut Vec<u64>) -> usize {
    join_all([async { charge(orders.len() as u64).await }]).await.len()
}

fn main() {}
