//! What is found in a collection, and what is chosen among borrows.

use durable_runtime::prelude::*;
use std::collections::BTreeMap;

#[activity]
async fn charge(cents: u64) -> Result<u64, Error> {
    Ok(cents)
}

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    phone: Option<String>,
}

#[workflow]
async fn longest(words: Vec<String>) -> Result<String, Error> {
    let longest = words.iter().max_by_key(|word| word.len()).ok_or_else(|| Error::msg("no words"))?;
    charge(1).await?;
    Ok(longest.clone())
}

#[workflow]
async fn best(scores: Vec<(String, u32)>) -> Result<String, Error> {
    let best = scores.iter().max_by_key(|(_, n)| *n).map(|(name, _)| name);
    charge(1).await?;
    Ok(best.cloned().unwrap_or_default())
}

#[workflow]
async fn filtered(user: User) -> Result<String, Error> {
    if let Some(phone) = user.phone.as_ref().filter(|phone| phone.len() > 3) {
        charge(1).await?;
        return Ok(phone.clone());
    }
    Ok(String::new())
}

#[workflow]
async fn step(steps: BTreeMap<u64, u64>, units: u64) -> Result<u64, Error> {
    let (_, price) = steps.range(..=units).next_back().ok_or_else(|| Error::msg("no step"))?;
    Ok(charge(1).await? * price)
}

#[workflow]
async fn chosen(a: String, b: String) -> Result<String, Error> {
    let longer = if a.len() > b.len() { &a } else { &b };
    charge(1).await?;
    Ok(longer.clone())
}

#[workflow]
async fn operand(text: String) -> Result<bool, Error> {
    Ok(fits(text.split(' ').next().unwrap_or_default(), charge(1).await?))
}

fn fits(word: &str, length: u64) -> bool {
    word.len() as u64 == length
}

#[workflow]
async fn in_a_guard(text: String) -> Result<String, Error> {
    let mut kept = "";
    match text.len() {
        n if {
            kept = text.trim();
            n > 3
        } => {}
        _ => kept = "short",
    }
    charge(1).await?;
    Ok(kept.to_owned())
}

fn main() {}
