use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut s = "abc";
    let q = &s[..1];
    s = "xyz";
    let paid = charge(order).await.unwrap_or(0);
    q.len() as u64 + s.len() as u64 + paid
}

fn main() {}
