use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Item {
    name: String,
}

#[activity]
async fn name(item: u64) -> String {
    item.to_string()
}

#[workflow]
async fn a_field(items: Vec<Item>) -> bool {
    items.last().unwrap().name == name(1).await.unwrap_or_default()
}

fn main() {}
