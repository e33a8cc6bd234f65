use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut n = 0;
    let mut count = move || {
        n += 1;
        n
    };
    count();
    let paid = charge(order).await.unwrap_or(0);
    count() + n + paid
}

fn main() {}
