use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(mut orders: Vec<u64>) -> Vec<u64> {
    join_all(orders.iter_mut().map(|cents| async move {
        *cents += 1;
        charge(1).await
    }))
    .await;
    orders
}

fn main() {}
