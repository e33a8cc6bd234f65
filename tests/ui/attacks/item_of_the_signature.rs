use durable_runtime::prelude::*;

type Amount = u8;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(amount: Amount) -> u64 {
    type Amount = u64;
    let more: Amount = charge(1).await.unwrap_or(0);
    u64::from(amount.wrapping_sub(1)).max(more)
}

#[workflow]
async fn text(line: u64) -> Result<u64, String> {
    use std::fmt::Result;
    fn shown() -> Result {
        Ok(())
    }
    let _ = shown();
    Ok(charge(line).await.unwrap_or(0))
}

fn main() {}
