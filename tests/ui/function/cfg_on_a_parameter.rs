use durable_runtime::prelude::*;

#[workflow]
async fn run(order: u64, #[cfg(unix)] gift: bool) -> u64 {
    order
}

fn main() {}
