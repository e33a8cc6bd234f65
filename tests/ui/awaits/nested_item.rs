use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

const FEE: u64 = 1;

#[workflow]
async fn run(order: String) -> u64 {
    if order.is_empty() {
        const FEE: u64 = 2;
        return charge(FEE).await.unwrap_or(0);
    }
    charge(FEE).await.unwrap_or(0)
}

fn main() {}
