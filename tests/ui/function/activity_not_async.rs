use durable_runtime::prelude::*;

#[activity]
fn run(order: String) -> String {
    order
}

fn main() {}
