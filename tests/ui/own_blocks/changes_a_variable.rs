use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> u64 {
    let mut total = 0;
    let block = async {
        for cents in &orders {
            total += charge(*cents).await.unwrap_or(0);
        }
    };
    join_all([block]).await;
    total
}

fn main() {}
