use durable_runtime::prelude::*;

#[activity]
async fn keep<T: Send>(order: T) -> T {
    order
}

fn main() {}
