//! What a user's type gives may be another thing the next time.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
struct Bag(Vec<u32>);

impl<'a> IntoIterator for &'a Bag {
    type Item = &'a u32;
    type IntoIter = std::iter::Rev<std::slice::Iter<'a, u32>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().rev()
    }
}

#[activity]
async fn charge(cents: u32) -> u32 {
    cents
}

#[workflow]
async fn run(bags: BTreeMap<String, Bag>) -> u32 {
    let mut paid = 0;
    if let Some(bag) = bags.get("first") {
        for cents in bag {
            paid += charge(*cents).await.unwrap_or(0);
        }
    }
    paid
}

fn main() {}
