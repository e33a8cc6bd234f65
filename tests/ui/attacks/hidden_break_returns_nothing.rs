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
async fn run(order: u64) -> u64 {
    loop {
        or_stop!(u32::try_from(order));
        charge(0).await.ok();
    }
    charge(1).await.unwrap_or(0)
}

fn main() {}
