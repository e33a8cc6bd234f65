use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> Result<String, String> {
    charge(1).await?;
    Ok(order)
}

fn main() {}
