use durable_runtime::join;
use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> u64 {
    order.len() as u64
}

#[workflow]
async fn run(order: String) -> String {
    let (a, b) = join!(charge(order), async {
        charge(String::new()).await.unwrap_or(0)
    });
    format!("{order} {a:?} {b}")
}

fn main() {}
