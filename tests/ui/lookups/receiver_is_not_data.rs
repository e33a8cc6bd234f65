//! What it is found in would have to be saved for it alone, and nothing says that it is data.

use durable_runtime::prelude::*;

fn prices() -> Vec<u32> {
    vec![1, 2]
}

#[activity]
async fn ping() {}

#[workflow]
async fn run() -> u32 {
    let list = prices();
    let first = list.first().unwrap();
    ping().await;
    *first
}

fn main() {}
