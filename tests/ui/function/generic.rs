use durable_runtime::prelude::*;

#[workflow]
async fn run<T: Send>(order: T) -> T {
    order
}

fn main() {}
