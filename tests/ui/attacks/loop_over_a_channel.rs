use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let (sender, receiver) = std::sync::mpsc::channel();
    sender.send(1).unwrap();
    drop(sender);
    let mut total = order;
    for x in receiver {
        total += charge(x).await.unwrap_or(0);
    }
    total
}

fn main() {}
