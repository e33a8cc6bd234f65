use durable_runtime::prelude::*;

macro_rules! or_stop {
    ($value:expr) => {
        match $value {
            Ok(value) => value,
            Err(_) => break,
        }
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> u64 {
    let mut total = 0;
    for order in orders {
        let cents = or_stop!(u32::try_from(order));
        total += charge(cents.into()).await.unwrap_or(0);
    }
    total
}

fn main() {}
