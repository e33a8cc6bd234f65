use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> u64 {
    order.len() as u64
}

#[workflow]
async fn run(order: String) -> u64 {
    let paid = charge(String::new()).await.unwrap_or(0);
    drop(order);
    println!("{order}");
    paid
}

fn main() {}
