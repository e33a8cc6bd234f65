use durable_runtime::prelude::*;

macro_rules! step {
    () => {
        1
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let a = step!();
    macro_rules! step {
        () => {
            2
        };
    }
    charge(a + step!()).await.unwrap_or(order)
}

fn main() {}
