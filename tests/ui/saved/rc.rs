use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let shared = std::rc::Rc::new(order);
    let paid = charge(1).await;
    format!("{shared} {paid:?}")
}

fn main() {}
