use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(rate: u64) -> usize {
    let mut unit = "cents";
    let long = |more: usize| unit.len() + more;
    unit = "dollars and cents";
    charge(rate).await.ok();
    long(1) + unit.len()
}

fn main() {}
