use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut pair = (None, Some(order));
    match &mut pair {
        (None, one) | (one, None) => {
            *one = None;
            let paid = charge(1).await.unwrap_or(0);
            *one = Some(paid);
        }
        _ => {}
    }
    pair.0.unwrap_or(0)
}

fn main() {}
