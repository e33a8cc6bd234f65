use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: (Option<u64>, u64)) -> u64 {
    let mut order = order;
    let all = &mut order;
    if let (Some(first), 1) = all {
        all.1 = 2;
        *first += charge(1).await.unwrap_or(0);
    }
    order.1
}

fn main() {}
