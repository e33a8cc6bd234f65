use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    #[cfg(any())]
    let paid = no_such_function(order).await;
    #[cfg(not(any()))]
    let paid = charge(order).await.unwrap_or("nothing");
    let unused = order;
    paid + unused
}

#[workflow]
async fn other(order: u64) -> u64 {
    #[cfg(not(any()))]
    let paid = charge(order).await;
    let wait = || charge(1).await;
    paid.unwrap_or(0)
}

fn main() {}
