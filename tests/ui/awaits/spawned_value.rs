use durable_runtime::prelude::*;

#[workflow]
async fn run(order: String) -> u64 {
    let handle = spawn(order.len());
    drop(handle);
    1
}

fn main() {}
