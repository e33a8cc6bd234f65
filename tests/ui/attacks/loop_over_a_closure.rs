use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let v = vec![1, 2, 3];
    let mut calls = 0;
    let mut total = 0;
    for x in v.iter().map(|x| {
        calls += 1;
        x
    }) {
        total += charge(*x).await.unwrap_or(order);
        total += *x;
    }
    total
}

fn main() {}
