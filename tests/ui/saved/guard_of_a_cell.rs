use durable_runtime::prelude::*;
use std::cell::RefCell;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn pay(cents: u64) -> u64 {
    let total = RefCell::new(cents);
    {
        let paid = charge(cents).await.unwrap_or(0);
        let mut sum = total.borrow_mut();
        *sum += paid;
    }
    total.into_inner()
}

fn main() {}
