use durable_runtime::prelude::*;
use std::collections::HashMap;

#[derive(PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
struct Code(u64);

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn counted(order: u64) -> u64 {
    let map = HashMap::from([(1, 2), (3, 4)]);
    let mut total = order;
    for (number, (_, value)) in map.iter().enumerate() {
        total += charge(number as u64).await.unwrap_or(0) + value;
    }
    total
}

#[workflow]
async fn filtered(order: u64) -> u64 {
    let map = HashMap::from([(1, 2), (3, 4)]);
    let mut total = order;
    for (_, value) in map.iter().filter(|(key, _)| **key > 1) {
        total += charge(*value).await.unwrap_or(0);
    }
    total
}

#[workflow]
async fn counted_values(order: u64) -> u64 {
    let map = HashMap::from([(1, 2), (3, 4)]);
    let mut total = order;
    for (number, value) in map.values().enumerate() {
        total += charge(number as u64).await.unwrap_or(0) + value;
    }
    total
}

#[workflow]
async fn values_without_clone(order: u64) -> u64 {
    let map = HashMap::from([(Code(order), 2)]);
    let mut total = order;
    for value in map.values() {
        total += charge(*value).await.unwrap_or(0);
    }
    total
}

#[workflow]
async fn without_clone() -> u64 {
    let map: HashMap<Code, u64> = HashMap::new();
    let mut total = 0;
    for (code, _) in &map {
        total += charge(code.0).await.unwrap_or(0);
    }
    total
}

fn main() {}
