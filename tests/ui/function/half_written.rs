use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> Result<u64, String> {
    let cents = ;
    Ok(cents)
}

#[workflow]
async fn run(order: String) -> u64 {
    let paid = charge(order.).await;
    paid.unwrap_or(0)
}

#[workflow]
async fn both(order: String) -> u64 {
    let first = run(order.clone()).await;
    first + charge(order).await.unwrap_or(0)
}

fn start(client: &durable_runtime::Client) {
    let _ = start_run(client, "order-1", String::new());
}

fn main() {}
