use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let v = vec![20, 30];
    let mut w = 20;
    let r = v.iter().find(|x| **x == w).unwrap();
    w = 30;
    let paid = charge(order).await.unwrap_or(0);
    *r + paid + w
}

fn main() {}
