use durable_runtime::prelude::*;

#[workflow]
async fn run(order: String, limit: ) -> u64 {
    order.len() as u64
}

#[workflow]
async fn outer(order: String) -> u64 {
    run(order, 5).await
}

fn main() {}
