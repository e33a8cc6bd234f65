use durable_runtime::prelude::*;

macro_rules! wait {
    ($operation:expr) => {
        $operation.await
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let paid = wait!(charge(1));
    format!("{order} {paid:?}")
}

fn main() {}
