use durable_runtime::prelude::*;

struct W<'a> {
    r: &'a u64,
    n: u64,
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let v = vec![1, 2];
    let mut w = W { r: &v[0], n: 1 };
    w.n = 5;
    let paid = charge(order).await.unwrap_or(0);
    *w.r + w.n + paid
}

fn main() {}
