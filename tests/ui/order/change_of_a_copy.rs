use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Total {
    cents: u64,
}

impl Total {
    fn add(&mut self, cents: u64) {
        self.cents += cents;
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Month {
    total: Total,
    days: [u64; 31],
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[activity]
async fn day(order: u64) -> usize {
    order as usize
}

#[workflow]
async fn by_a_method(mut months: Vec<Month>) -> Vec<Month> {
    months.last_mut().unwrap().total.add(charge(1).await.unwrap_or(0));
    months
}

#[workflow]
async fn by_an_index(mut months: Vec<Month>) -> Vec<Month> {
    months.last_mut().unwrap().days[day(1).await.unwrap_or(0)] = 9;
    months
}

fn main() {}
