use durable_runtime::prelude::*;

#[activity]
async fn pause(order: u64) -> Duration {
    Duration::from_secs(order)
}

#[workflow]
async fn run(order: u64) -> Vec<Duration> {
    let mut pauses = vec![Duration::ZERO; 2];
    let index = 1;
    pauses[index] += pause(order).await.unwrap_or_default();
    pauses
}

fn main() {}
