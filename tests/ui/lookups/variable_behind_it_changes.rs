//! A `&mut` that leads elsewhere later: what is found in the old place would be looked for there.

use durable_runtime::prelude::*;

#[activity]
async fn ping() {}

#[workflow]
async fn run(list: Vec<u32>, other: Vec<u32>) -> u32 {
    let mut all: &Vec<u32> = &list;
    let first = all.first().unwrap();
    all = &other;
    let n = all.len() as u32;
    ping().await;
    *first + n
}

fn main() {}
