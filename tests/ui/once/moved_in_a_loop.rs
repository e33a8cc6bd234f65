use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: Vec<u64>) -> u64 {
    let mut sum = 0;
    while sum < 3 {
        for cents in order {
            sum += cents;
        }
        sum += charge(1).await.unwrap_or(0);
    }
    sum
}

fn main() {}
