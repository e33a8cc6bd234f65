use durable_runtime::prelude::*;

macro_rules! let_five {
    ($name:ident) => {
        let $name = 5;
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let y = order;
    let mut total = 0;
    for _ in 0..2 {
        charge(y).await.ok();
        let_five!(y);
        total += y;
    }
    total + y
}

fn main() {}
