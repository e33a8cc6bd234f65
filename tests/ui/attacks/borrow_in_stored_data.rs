use durable_runtime::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct View<'a> {
    text: &'a str,
    n: u64,
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let text = order.to_string();
    let mut view = View { text: &text, n: 1 };
    view.n = 5;
    let paid = charge(order).await.unwrap_or(0);
    view.text.len() as u64 + view.n + paid
}

fn main() {}
