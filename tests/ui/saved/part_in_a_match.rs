use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: (Option<String>, u64)) -> u64 {
    match order.0 {
        Some(name) => charge(name.len() as u64).await.unwrap_or(0) + order.1,
        None => 0,
    }
}

fn main() {}
