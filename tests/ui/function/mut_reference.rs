use durable_runtime::prelude::*;

#[workflow]
async fn run(mut order: &str) -> usize {
    order = &order[1..];
    sleep(Duration::from_secs(1)).await.ok();
    order.len()
}

fn main() {}
