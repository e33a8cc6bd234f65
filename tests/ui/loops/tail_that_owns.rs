use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(v: Vec<u64>) -> u64 {
    let mut least = 1;
    for x in v.iter().filter(move |x| **x > least) {
        least += 1;
        charge(*x).await.unwrap_or(0);
    }
    least
}

fn main() {}
