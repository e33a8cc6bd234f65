use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    #[label("first")]
    let a = charge(1).await;
    #[label = 2]
    let b = charge(2).await;
    #[label = ""]
    let c = charge(3).await;
    format!("{order} {a:?} {b:?} {c:?}")
}

fn main() {}
