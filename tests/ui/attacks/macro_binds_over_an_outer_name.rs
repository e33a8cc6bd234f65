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
    {
        let_five!(y);
        charge(y).await.ok();
    }
    y
}

fn main() {}
