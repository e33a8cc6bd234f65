use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut v = vec![vec![order], vec![]];
    let mut i = 0;
    v[i].push({ i += 1; charge(1) }.await.unwrap_or(0));
    v[0][0] + i as u64
}

fn main() {}
