use durable_runtime::prelude::*;
use std::collections::HashMap;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(all: HashMap<u64, u64>) -> u64 {
    let mut rest = all.into_iter();
    let mut paid = 0;
    while let Some((_, cents)) = rest.next() {
        paid += charge(cents).await.unwrap_or(0);
    }
    paid
}

fn main() {}
