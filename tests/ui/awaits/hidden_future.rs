use durable_runtime::prelude::*;

macro_rules! wait {
    ($future:expr) => {
        $future.await
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    wait!(std::future::ready(()));
    let paid = charge(1).await;
    format!("{order} {paid:?}")
}

fn main() {}
