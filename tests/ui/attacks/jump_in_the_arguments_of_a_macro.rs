use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut total = 0;
    for item in [None, Some(order)] {
        println!(
            "{}",
            match item {
                Some(item) => item,
                None => continue,
            }
        );
        total += charge(1).await.unwrap_or(0);
    }
    total
}

fn main() {}
