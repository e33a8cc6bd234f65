use durable_runtime::prelude::*;
use tokio::{join, select};

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let (first, second) = join!(charge(1), charge(2));
    select! {
        _ = charge(3) => {}
        _ = charge(4) => {}
    }
    drop((first, second));
    order
}

fn main() {}
