use durable_runtime::prelude::*;

macro_rules! log {
    ($($part:tt)*) => {
        println!($($part)*)
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    log!("paid {:?}", charge(1).await);
    order
}

fn main() {}
