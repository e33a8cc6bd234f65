use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut v = vec![vec![order]];
    let mut calls = 0;
    let mut f = || {
        calls += 1;
        0
    };
    v[f()].push(charge(1).await.unwrap_or(0));
    v[0][0] + calls
}

fn main() {}
