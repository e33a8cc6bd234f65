use durable_runtime::prelude::*;

#[workflow]
async fn run(order: Option<&String>) -> usize {
    order.map_or(0, String::len)
}

fn main() {}
