use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> usize {
    let lock = std::sync::Mutex::new(0);
    let held = lock.lock();
    let block = async move {
        drop(held);
        charge(1).await
    };
    join_all([block]).await.len() + orders.len()
}

fn main() {}
