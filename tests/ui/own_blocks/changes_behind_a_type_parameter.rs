use durable_runtime::prelude::*;
use std::cell::Cell;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

trait Priced {
    fn price(&self) -> u64;
}

impl Priced for Cell<u64> {
    fn price(&self) -> u64 {
        self.set(self.get() + 1);
        self.get()
    }
}

#[workflow]
async fn total<T: Priced>(items: Vec<T>) -> usize {
    let all = join_all(
        items
            .iter()
            .map(|item| async move { charge(item.price()).await }),
    );
    all.await.len()
}

#[workflow]
async fn run(first: u64) -> usize {
    total(vec![Cell::new(first)]).await
}

fn main() {}
