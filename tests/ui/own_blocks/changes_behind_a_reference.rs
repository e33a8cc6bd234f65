use durable_runtime::prelude::*;

use std::sync::atomic::{AtomicU64, Ordering};

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn by_reference(orders: Vec<u64>) -> u64 {
    let total = AtomicU64::new(0);
    let total = &total;
    join_all(orders.into_iter().map(|cents| async move {
        total.fetch_add(cents, Ordering::Relaxed);
        charge(cents).await
    }))
    .await;
    total.load(Ordering::Relaxed)
}

#[workflow]
async fn in_place(cents: u64) -> u64 {
    let total = AtomicU64::new(0);
    join_all([async {
        charge(cents).await.ok();
        total.fetch_add(cents, Ordering::Relaxed)
    }])
    .await;
    total.load(Ordering::Relaxed)
}

fn main() {}
