use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(name: String) -> String {
    let give = || name;
    charge(1).await.ok();
    give()
}

fn main() {}
