use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn pay(cents: Option<u64>) -> u64 {
    if let Some(N) = cents {
        let paid = charge(N).await.unwrap_or(0);
        return paid + N;
    }
    0
}

fn main() {}
