use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let mut text = String::new();
    if order.is_empty() {
        use std::fmt::Write as _;
        let paid = charge(1).await.unwrap_or(0);
        let _ = write!(text, "{paid}");
    }
    text
}

fn main() {}
