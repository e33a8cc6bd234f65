use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut text = "a\nb";
    let mut sum = order;
    for line in text.lines() {
        text = "other";
        sum += charge(1).await.unwrap_or(0) + line.len() as u64;
    }
    sum + text.len() as u64
}

fn main() {}
