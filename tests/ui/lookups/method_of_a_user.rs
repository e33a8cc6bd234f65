//! Only methods of std are known to give the same again.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

#[derive(Serialize, Deserialize)]
struct Bag {
    items: Vec<u32>,
    taken: Cell<usize>,
}

impl Bag {
    fn get(&self, _: usize) -> Option<&u32> {
        self.taken.set(self.taken.get() + 1);
        self.items.get(self.taken.get())
    }
}

#[derive(Serialize, Deserialize)]
struct Order {
    bag: Bag,
}

#[activity]
async fn ping() {}

#[workflow]
async fn run(order: Order) -> u32 {
    let found = order.bag.get(0).unwrap();
    ping().await;
    *found
}

fn main() {}
