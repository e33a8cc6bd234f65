use durable_runtime::prelude::*;

#[workflow]
fn run(order: String) -> String {
    order
}

fn main() {}
