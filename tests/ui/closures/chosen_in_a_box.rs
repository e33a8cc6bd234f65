use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> u64 {
    let scale: Box<dyn Fn(u64) -> u64 + Send> = if rate > 1 {
        Box::new(move |cents| cents * rate)
    } else {
        Box::new(|cents| cents)
    };
    let paid = charge(1).await.unwrap_or(0);
    scale(paid)
}

fn main() {}
