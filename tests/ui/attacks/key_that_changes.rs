use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let m = std::collections::BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
    let mut key = "a".to_owned();
    let r = &m[&key];
    key = "b".into();
    let paid = charge(order).await.unwrap_or(0);
    *r + paid + key.len() as u64
}

fn main() {}
