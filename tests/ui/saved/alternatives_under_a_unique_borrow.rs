use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(mut order: (Option<u64>, Option<u64>)) -> u64 {
    match &mut order {
        (Some(n), _) | (_, Some(n)) if charge(1).await.is_ok() => *n += 1,
        _ => {}
    }
    order.0.unwrap_or(0)
}

fn main() {}
