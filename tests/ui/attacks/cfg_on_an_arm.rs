use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    match order {
        #[cfg(any())]
        1 => charge(2).await.unwrap_or(0),
        _ => 0,
    }
}

fn main() {}
