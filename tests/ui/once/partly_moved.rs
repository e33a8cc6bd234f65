use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    items: Vec<String>,
}

#[activity]
async fn pack(items: Vec<String>) -> u64 {
    items.len() as u64
}

#[workflow]
async fn run(order: Order) -> u64 {
    let items = order.items;
    let packed = pack(items).await.unwrap_or(0);
    packed + order.id
}

fn main() {}
