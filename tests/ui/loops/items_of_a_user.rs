use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Bag(Vec<u64>);

impl Bag {
    fn iter(&self) -> std::slice::Iter<'_, u64> {
        self.0.iter()
    }
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(bag: Bag) -> u64 {
    let mut sum = 0;
    for item in bag.iter() {
        sum += charge(*item).await.unwrap_or(0);
    }
    sum
}

fn main() {}
