use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let v = vec![std::cell::Cell::new(1)];
    let mut total = order;
    for c in v.iter().cloned() {
        c.set(5);
        total += charge(c.get()).await.unwrap_or(0) + c.get();
    }
    total
}

fn main() {}
