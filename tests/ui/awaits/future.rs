use durable_runtime::prelude::*;

#[workflow]
async fn run(order: String) -> String {
    std::future::ready(order).await
}

fn main() {}
