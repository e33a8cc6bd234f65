//! Texts in what a pointer owns.

use durable_runtime::prelude::*;
use std::sync::Arc;

#[activity]
async fn charge(cents: u64) -> Result<u64, Error> {
    Ok(cents)
}

struct Config {
    name: String,
}

#[workflow]
async fn in_a_box(text: String) -> Result<String, Error> {
    let boxed = Box::new(text);
    let trimmed = boxed.trim();
    charge(1).await?;
    Ok(trimmed.to_owned())
}

#[workflow]
async fn in_a_part_of_a_box(name: String) -> Result<String, Error> {
    let boxed = Box::new(Config { name });
    let trimmed = boxed.name.trim();
    charge(1).await?;
    Ok(trimmed.to_owned())
}

#[workflow]
async fn shared(words: Vec<String>) -> Result<String, Error> {
    let words = Arc::new(words);
    let first = words.first().map(|word| word.as_str()).unwrap_or("none");
    charge(1).await?;
    Ok(first.to_owned())
}

fn main() {}
