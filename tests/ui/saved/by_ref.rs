use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: Vec<(String, u64)>) -> usize {
    let mut letters = 0;
    for (ref name, cents) in order {
        charge(cents).await.ok();
        letters += name.len();
    }
    letters
}

fn main() {}
