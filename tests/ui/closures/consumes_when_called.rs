use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(name: String) -> u64 {
    let end = move || {
        drop(name);
        1
    };
    charge(1).await.ok();
    end()
}

fn main() {}
