use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> usize {
    let mut blocks = vec![];
    for cents in orders {
        blocks.push(async move {
            if charge(cents).await.is_err() {
                break;
            }
        });
    }
    join_all(blocks).await.len()
}

fn main() {}
