use durable_runtime::prelude::*;

macro_rules! both {
    ($a:pat, $b:pat) => {
        ($a, $b)
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let a = 1;
    charge(a).await.ok();
    let both!(a, b) = (order, 2);
    charge(b).await.ok();
    a
}

fn main() {}
