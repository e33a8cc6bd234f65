use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run<T: Clone + Into<u64>>(with: T) -> T {
    let cents = with.clone().into();
    let paid = spawn(async move { charge(cents).await });
    paid.await;
    with
}

#[workflow]
async fn add(total: &mut u64, orders: Vec<u64>) {
    let mut set = JoinSet::new();
    for cents in orders {
        set.spawn(async move { charge(cents).await });
    }
    while let Some(paid) = set.join_next().await {
        *total += paid.unwrap_or(0);
    }
}

fn main() {}
