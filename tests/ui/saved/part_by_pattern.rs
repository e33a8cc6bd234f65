use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Order {
    id: u64,
    name: String,
    items: Vec<String>,
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: Order) -> usize {
    let Order { id, name, .. } = order;
    charge(id).await.ok();
    name.len() + order.items.len()
}

fn main() {}
