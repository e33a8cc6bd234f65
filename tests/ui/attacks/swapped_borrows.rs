use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let (a, b) = ((1, 2), (3, 4));
    let (mut r, mut other) = (&a, &b);
    let q = &r.1;
    std::mem::swap(&mut r, &mut other);
    let paid = charge(order).await.unwrap_or(0);
    *q + r.0 + other.0 + paid
}

fn main() {}
