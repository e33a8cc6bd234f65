use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(cents: u64) -> u64 {
    #[label = "fee"]
    let fee = cents / 10;
    charge(fee).await.unwrap_or(0)
}

fn main() {}
