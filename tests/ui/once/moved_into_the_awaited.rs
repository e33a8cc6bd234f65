use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> u64 {
    order.len() as u64
}

#[workflow]
async fn run(order: String) -> String {
    let paid = charge(order).await;
    format!("{order} {paid:?}")
}

fn main() {}
