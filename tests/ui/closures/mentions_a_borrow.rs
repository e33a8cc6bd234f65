use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(mut all: Vec<u64>) -> u64 {
    let first = &all[0];
    let five = || {
        let _ = first;
        5
    };
    all.clear();
    let paid = charge(1).await.unwrap_or(0);
    five() + paid
}

fn main() {}
