use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut t = (Some(1), Some(2));
    match &mut t {
        (Some(x), _) | (_, Some(x)) if *x == 2 => {
            let paid = charge(order).await.unwrap_or(0);
            *x += paid;
            *x
        }
        _ => 0,
    }
}

fn main() {}
