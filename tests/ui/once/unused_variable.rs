#![deny(unused_variables)]

use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let total = charge(1).await;
    order
}

fn main() {}
