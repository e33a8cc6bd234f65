use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    struct Parts {
        #[cfg(any())]
        a: u64,
        b: u64,
    }
    let parts = Parts {
        #[cfg(any())]
        a: charge(1).await.unwrap_or(0),
        b: charge(order).await.unwrap_or(0),
    };
    parts.b
}

fn main() {}
