//! `&'static str` is plain data, so the type of a borrowed text does not show that it is one.

use durable_runtime::prelude::*;
use std::collections::{HashMap, VecDeque};

#[activity]
async fn charge(cents: u64) -> Result<u64, Error> {
    Ok(cents)
}

#[derive(serde::Serialize, serde::Deserialize)]
struct User {
    name: String,
    nick: Option<String>,
}

#[workflow]
async fn chosen_or(m: HashMap<String, String>) -> Result<String, Error> {
    let b = m.get("b").map(String::as_str).unwrap_or("none");
    let k = charge(2).await?;
    Ok(format!("{b}{k}"))
}

#[workflow]
async fn beside_another(m: HashMap<String, String>) -> Result<String, Error> {
    let a = m.get("a").ok_or_else(|| Error::msg("no a"))?;
    let b = m.get("b").map(|b| b.as_str()).unwrap_or("none");
    let k = charge(2).await?;
    Ok(format!("{a}{b}{k}"))
}

#[workflow]
async fn fields(u: User) -> Result<String, Error> {
    let nick = u.nick.as_deref().unwrap_or(&u.name);
    let name = u.name.as_str();
    charge(2).await?;
    Ok(format!("{nick}{name}"))
}

#[workflow]
async fn first_word(s: String) -> Result<String, Error> {
    let first = s.split(' ').next().unwrap_or_default();
    charge(2).await?;
    Ok(first.to_owned())
}

#[workflow]
async fn matched(s: String) -> Result<String, Error> {
    let kind = match s.as_str() {
        "a" => "first",
        other => other,
    };
    charge(2).await?;
    Ok(kind.to_owned())
}

#[workflow]
async fn cursor(s: String) -> Result<u64, Error> {
    let mut rest = s.as_str();
    let mut sum = 0;
    while !rest.is_empty() {
        sum += charge(rest.len() as u64).await?;
        rest = &rest[1..];
    }
    Ok(sum)
}

#[workflow]
async fn collected(path: String) -> Result<String, Error> {
    let parts: Vec<&str> = path.split('/').collect();
    charge(2).await?;
    Ok(parts.join("-"))
}

#[workflow]
async fn queue(deps: HashMap<String, u32>) -> Result<u64, Error> {
    let mut ready: VecDeque<&str> = deps
        .iter()
        .filter(|(_, left)| **left == 0)
        .map(|(name, _)| name.as_str())
        .collect();
    let mut sum = 0;
    while let Some(next) = ready.pop_front() {
        sum += charge(next.len() as u64).await?;
    }
    Ok(sum)
}

#[workflow]
async fn by_hand(address: String) -> Result<String, Error> {
    let mut parts = address.split(':');
    let (Some(host), Some(port)) = (parts.next(), parts.next()) else {
        return Ok(String::new());
    };
    charge(port.len() as u64).await?;
    Ok(host.to_owned())
}

#[workflow]
async fn given(text: &str) -> Result<String, Error> {
    let first = text.split(' ').next().unwrap_or_default();
    charge(2).await?;
    Ok(first.to_owned())
}

fn main() {}
