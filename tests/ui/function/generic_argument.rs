use durable_runtime::prelude::*;

#[derive(Clone)]
struct Order {
    total: u32,
}

#[workflow]
async fn first<T: Clone>(all: Vec<T>) -> Option<T> {
    all.first().cloned()
}

#[workflow]
async fn run(total: u32) -> u32 {
    let orders = vec![Order { total }];
    first(orders).await.map_or(0, |order| order.total)
}

fn main() {}
