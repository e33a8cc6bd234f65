use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(cents: u64) -> u64 {
    let deadline = sleep(Duration::from_secs(9));
    tokio::pin!(deadline);
    select! {
        _ = &mut deadline => 0,
        paid = charge(cents) => paid.unwrap_or(0),
    }
}

fn main() {}
