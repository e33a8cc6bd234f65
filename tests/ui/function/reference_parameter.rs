use durable_runtime::prelude::*;

#[workflow]
async fn run(order: &str, lines: &mut Vec<u32>) -> String {
    lines.clear();
    order.to_owned()
}

fn main() {}
