use durable_runtime::prelude::*;

#[allow(non_upper_case_globals)]
const limit: u64 = 3;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn pay(cents: u64) -> usize {
    match cents {
        limit => {
            let blocks = (0..2).map(|_| async move { charge(limit).await.unwrap_or(0) });
            join_all(blocks).await.len()
        }
        _ => 0,
    }
}

fn main() {}
