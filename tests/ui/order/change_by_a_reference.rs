use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Total {
    cents: u64,
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

fn increase(total: &mut Total, cents: u64) {
    total.cents += cents;
}

#[workflow]
async fn by_a_reference(mut months: Vec<Month>) -> Vec<Month> {
    increase(&mut months.last_mut().unwrap().total, charge(1).await.unwrap_or(0));
    months
}

fn main() {}
