use durable_runtime::prelude::*;
use std::collections::BTreeMap;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn by_the_next_index(rows: [[u64; 2]; 2]) -> u64 {
    let mut i = 0;
    rows[i][{
        i += 1;
        0
    }]
    .max(charge(1).await.unwrap_or(0))
}

#[workflow]
async fn by_a_later_operand(rows: [u64; 2]) -> u64 {
    let mut i = 0;
    rows[i].max({
        i += 1;
        charge(1).await.unwrap_or(0)
    })
}

#[workflow]
async fn a_key(stock: BTreeMap<String, u64>, mut sku: String) -> u64 {
    stock[&sku].max({
        sku = "another".to_owned();
        charge(1).await.unwrap_or(0)
    })
}

fn main() {}
