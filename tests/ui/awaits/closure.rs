use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let total = [1, 2].map(|cents| charge(cents).await);
    drop(total);
    order
}

fn main() {}
