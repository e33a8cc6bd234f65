use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let count = std::cell::Cell::new(rate);
    let next = move || {
        count.set(count.get() + 1);
        count.get()
    };
    let paid = charge(1).await.unwrap_or(0);
    let other = next.clone();
    next() + other() + paid
}

fn main() {}
