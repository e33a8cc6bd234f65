use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let (a, b) = (1, 2);
    let mut flag = true;
    let r = if flag { &a } else { &b };
    flag = false;
    let paid = charge(order).await.unwrap_or(0);
    *r + paid + u64::from(flag)
}

fn main() {}
