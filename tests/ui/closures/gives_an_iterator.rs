use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(all: Vec<u64>) -> u64 {
    let above = |least: u64| all.iter().filter(move |x| **x > least);
    let paid = charge(1).await.unwrap_or(0);
    above(paid).sum::<u64>()
}

fn main() {}
