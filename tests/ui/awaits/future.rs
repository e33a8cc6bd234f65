use durable_runtime::prelude::*;
use std::future::ready;

#[workflow]
async fn run(order: String) -> String {
    ready(order).await
}

fn main() {}
