use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let stock = std::sync::Mutex::new(1);
    let mut held = stock.lock().unwrap();
    let paid = charge(1).await;
    *held += 1;
    format!("{order} {paid:?}")
}

fn main() {}
