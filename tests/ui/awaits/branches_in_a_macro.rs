use durable_runtime::prelude::*;

#[activity]
async fn price(item: u32) -> u32 {
    item
}

#[workflow]
async fn run(item: u32) -> bool {
    matches!(price(item).await, Ok(n) if join!(price(n), price(2)).0.is_ok())
}

fn main() {}
