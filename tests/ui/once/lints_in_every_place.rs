#![deny(unused_variables, unused_mut, unused_assignments, dead_code)]

use durable_runtime::prelude::*;
use durable_runtime::{join, select};

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

fn nobody_calls_this() {}

#[workflow]
async fn helper(text: &str) -> u64 {
    let mut length = text.len() as u64;
    let paid = charge(length).await;
    0
}

#[workflow]
async fn run(names: Vec<String>, other: u64) -> u64 {
    let (a, b) = join!(helper("a"), async {
        let mut in_a_branch = charge(1).await.unwrap_or(0);
        let lost = charge(2).await;
        in_a_branch
    });
    let chosen = select! {
        Ok(won) = charge(3) => 1,
        in_a_handler = charge(4) => 2,
    };
    let scale = |amount: u64, unused_in_a_closure: u64| amount * 2;
    let paid = charge(scale(a + b, chosen)).await.unwrap_or(0);
    for in_a_borrowed_loop in &names {
        let sum = charge(paid).await;
    }
    let mut late = 0;
    late = match charge(5).await {
        Ok(in_a_guard) if charge(6).await.is_ok() => scale(1, 1),
        Ok(n) => n,
        Err(problem) => 1,
    };
    late = 3;
    charge(7).await.unwrap_or(0)
}

fn main() {}
