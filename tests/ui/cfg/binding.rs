use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    #[cfg(test)]
    let cents = 1;
    #[cfg(not(test))]
    let cents = 2;
    let paid = charge(cents).await;
    format!("{order} {paid:?} {cents}")
}

fn main() {}
