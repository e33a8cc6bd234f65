#![deny(unused_variables, unused_mut, unused_assignments, dead_code)]

use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn generic<T: Clone>(value: T, unused_in_a_generic: u64) -> T {
    let mut copy = value.clone();
    let lost_in_a_generic = charge(1).await;
    copy
}

#[workflow]
async fn lending(total: &mut u64, unused_beside_a_loan: u64) {
    let mut more = 1;
    let lost_beside_a_loan = charge(*total).await;
    *total += more;
}

#[workflow]
async fn run(names: Vec<String>, amounts: Vec<u64>) -> u64 {
    let mut total = generic(1, 2).await;
    lending(&mut total, 3).await;
    let paid = join_all(amounts.iter().map(|amount| async move {
        let mut in_a_block = charge(*amount).await.unwrap_or(0);
        let lost_in_a_block = charge(2).await;
        in_a_block
    }))
    .await;
    let unused_lookup = names.first();
    let used_lookup = names.last();
    charge(3).await.unwrap_or(0);
    if let Some(unused_part) = names.get(1) {
        charge(4).await.unwrap_or(0);
    }
    total + used_lookup.map_or(0, |name| name.len() as u64) + paid.len() as u64
}

fn main() {}
