use durable_runtime::prelude::*;

#[workflow]
async fn run(order: impl Into<String>) -> String {
    order.into()
}

fn main() {}
