use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> u64 {
    let first = orders.first();
    let block = async move { charge(first.copied().unwrap_or(0)).await };
    let fee = charge(1).await.unwrap_or(0);
    block.await.unwrap_or(0) + fee + orders[0]
}

#[workflow]
async fn spawned(orders: Vec<u64>) -> u64 {
    let first = &orders[0];
    let handle = spawn(async move { charge(*first).await });
    handle.await.unwrap_or(0) + orders[0]
}

fn main() {}
