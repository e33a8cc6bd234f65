use durable_runtime::prelude::*;

#[workflow]
async fn run(order: String) -> String {
    let total = ;
    order
}

fn main() {}
