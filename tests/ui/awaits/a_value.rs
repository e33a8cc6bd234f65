use durable_runtime::prelude::*;

#[workflow]
async fn run(order: String) -> String {
    let n = order.len().await;
    format!("{n}")
}

fn main() {}
