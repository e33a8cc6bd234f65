use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let mut total = 0;
    let add = |cents: u64| total += cents * rate;
    let mut again = add;
    let paid = charge(1).await.unwrap_or(0);
    again(paid);
    total
}

fn main() {}
