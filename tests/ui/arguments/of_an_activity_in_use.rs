use durable_runtime::prelude::*;

#[activity(start_to_close = "30")]
async fn charge(order: String) -> Result<u64, String> {
    Ok(order.len() as u64)
}

#[workflow]
async fn run(order: String) -> u64 {
    charge(order).await.unwrap_or(0)
}

fn main() {}
