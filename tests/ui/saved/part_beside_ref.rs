use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Order {
    lines: Vec<u32>,
    payer: String,
}

#[activity]
async fn charge(payer: String) -> u64 {
    payer.len() as u64
}

#[workflow]
async fn pay(order: Order) -> usize {
    let Order { ref lines, payer } = order;
    let paid = charge(payer.clone()).await;
    lines.len() + payer.len() + usize::from(paid.is_ok())
}

fn main() {}
