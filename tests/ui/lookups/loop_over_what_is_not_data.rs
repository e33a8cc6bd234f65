//! Nothing says that what the loop goes over is found in data.

use durable_runtime::prelude::*;

fn prices() -> Vec<u32> {
    vec![1, 2]
}

#[activity]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn run() -> u32 {
    let list = prices();
    let mut paid = 0;
    if let Some((first, rest)) = list.split_first() {
        paid += first;
        for cents in rest {
            paid += charge(*cents).await.unwrap_or(0);
        }
    }
    paid
}

fn main() {}
