use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> u64 {
    let mut sum = 0;
    for mut order in &orders {
        let paid = charge(1).await.unwrap_or(0);
        sum += *order + paid;
        order = &paid;
        sum += *order;
    }
    sum
}

fn main() {}
