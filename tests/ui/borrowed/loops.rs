//! Collecting borrows does not help a loop that awaits.

use durable_runtime::prelude::*;
use std::collections::{BTreeSet, HashMap};

#[activity]
async fn charge(cents: u64) -> Result<u64, Error> {
    Ok(cents)
}

#[workflow]
async fn fresh(old: BTreeSet<u64>, new: BTreeSet<u64>) -> Result<u64, Error> {
    let mut sum = 0;
    for cents in new.difference(&old).collect::<Vec<_>>() {
        sum += charge(*cents).await?;
    }
    Ok(sum)
}

#[workflow]
async fn sorted(scores: HashMap<String, u64>) -> Result<u64, Error> {
    let mut sorted: Vec<_> = scores.iter().collect();
    sorted.sort();
    let mut sum = 0;
    for (name, cents) in sorted {
        sum += charge(*cents).await? + name.len() as u64;
    }
    Ok(sum)
}

#[workflow]
async fn words(text: String) -> Result<u64, Error> {
    let mut sum = 0;
    for line in text.lines() {
        let mut words = line.split(' ');
        let first = words.next().unwrap_or_default();
        sum += charge(1).await? + first.len() as u64;
    }
    Ok(sum)
}

fn main() {}
