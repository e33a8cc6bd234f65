use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run<T: Clone>(orders: Vec<u64>, with: T) -> T {
    join_all(
        orders
            .into_iter()
            .map(|cents| async move { charge(cents).await }),
    )
    .await;
    with
}

#[workflow]
async fn add(total: &mut u64, orders: Vec<u64>) {
    let all = join_all(
        orders
            .into_iter()
            .map(|cents| async move { charge(cents).await }),
    );
    *total += all.await.len() as u64;
}

fn main() {}
