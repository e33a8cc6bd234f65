use durable_runtime::prelude::*;

struct Span;

impl Span {
    fn enter(_name: &str) -> Self {
        Self
    }
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let _span = Span::enter(&order);
    let paid = charge(1).await;
    format!("{order} {paid:?}")
}

fn main() {}
