use durable_runtime::prelude::*;

#[workflow]
async fn run(order: String) -> impl Into<String> {
    order
}

fn main() {}
