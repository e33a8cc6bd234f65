use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    match std::fs::read(&order) {
        Ok(_) => order,
        Err(error) => {
            let paid = charge(1).await;
            format!("{error} {paid:?}")
        }
    }
}

fn main() {}
