use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let v = vec![1, 2, 3];
    let mut total = order;
    for x in v.into_iter().skip_while(|x| *x > 1) {
        total += charge(x).await.unwrap_or(0);
    }
    total
}

fn main() {}
