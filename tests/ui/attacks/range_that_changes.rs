use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let v = vec![10, 20];
    let mut a = 0;
    let r = &v[a..2];
    a += 1;
    let paid = charge(order).await.unwrap_or(0);
    r[0] + paid + a as u64
}

fn main() {}
