use durable_runtime::prelude::*;
use std::collections::BTreeMap;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

macro_rules! empty {
    ($text:ident) => {
        $text.clear()
    };
}

#[workflow]
async fn run(stock: BTreeMap<String, u64>, mut sku: String) -> u64 {
    stock[&sku].max({
        empty!(sku);
        charge(1).await.unwrap_or(0)
    })
}

fn main() {}
