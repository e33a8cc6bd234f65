use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut n = order;
    charge(1).await.ok();
    #[cfg(any())]
    {
        n = 5;
    }
    charge(n).await.unwrap_or(0)
}

fn main() {}
