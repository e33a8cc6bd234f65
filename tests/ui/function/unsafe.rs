use durable_runtime::prelude::*;

#[workflow]
async unsafe fn run(order: String) -> String {
    order
}

fn main() {}
