#![deny(warnings)]

use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    charge(1).await;
    order
}

fn main() {}
