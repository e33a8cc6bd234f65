use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let o = Some(1);
    let once = std::cell::Cell::new(true);
    match &o {
        Some(x) if once.take() => {
            let paid = charge(order).await.unwrap_or(0);
            *x + paid
        }
        _ => 0,
    }
}

fn main() {}
