use durable_runtime::prelude::*;

#[derive(serde::Serialize)]
struct Line {
    cents: u64,
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let line = Line { cents: 5 };
    let paid = charge(line.cents).await;
    format!("{order} {paid:?} {}", line.cents)
}

fn main() {}
