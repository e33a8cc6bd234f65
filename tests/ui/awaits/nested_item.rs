use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    struct Total(u64);
    if order.is_empty() {
        struct Part(u64);
        let part = charge(1).await;
        drop((part, Part(1)));
    }
    drop(Total(1));
    order
}

fn main() {}
