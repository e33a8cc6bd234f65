use durable_runtime::prelude::*;

fn lines() -> Vec<u64> {
    vec![1]
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn pay() -> usize {
    let all = dbg!(&lines());
    charge(1).await.unwrap_or(0);
    all.len()
}

fn main() {}
