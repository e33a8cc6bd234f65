use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(all: Vec<u64>) -> u64 {
    let mut rest = all.iter().map(|cents| cents * 2);
    let first = rest.next().unwrap_or(0);
    let paid = charge(first).await.unwrap_or(0);
    rest.next().unwrap_or(0) + paid
}

fn main() {}
