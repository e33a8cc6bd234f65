use durable_runtime::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run() -> u64 {
    let next = || {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    };
    let paid = charge(next()).await.unwrap_or(0);
    paid + next()
}

fn main() {}
