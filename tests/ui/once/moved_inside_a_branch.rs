use durable_runtime::join;
use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> u64 {
    order.len() as u64
}

#[workflow]
async fn run(order: String) -> u64 {
    let (a, b) = join!(charge(String::new()), async {
        let first = charge(order).await.unwrap_or(0);
        charge(order).await.unwrap_or(first)
    });
    a.unwrap_or(b)
}

fn main() {}
