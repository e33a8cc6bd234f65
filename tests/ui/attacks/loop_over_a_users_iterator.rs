use durable_runtime::prelude::*;

struct Countdown(u64);

impl Iterator for Countdown {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.0 = self.0.checked_sub(1)?;
        Some(self.0)
    }
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut total = order;
    for x in Countdown(3) {
        total += charge(x).await.unwrap_or(0);
    }
    total
}

fn main() {}
