use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut n = 0;
    let mut total = order;
    for x in std::iter::repeat_with(|| {
        n += 1;
        n
    }) {
        total += charge(x).await.unwrap_or(0);
        if x > 3 {
            break;
        }
    }
    total
}

fn main() {}
