use durable_runtime::prelude::*;

macro_rules! or_skip {
    ($value:expr) => {
        match $value {
            Ok(value) => value,
            Err(_) => continue,
        }
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let (mut i, mut sum) = (0, 0);
    while i < 3 {
        i += 1;
        let n = or_skip!(u64::try_from(1_i64 - i));
        sum += charge(n).await.unwrap_or(order);
    }
    sum
}

fn main() {}
