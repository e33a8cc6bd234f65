use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn spawned(cents: u64) -> u64 {
    let handle = tokio::spawn(charge(cents));
    handle.await.unwrap_or(Ok(0)).unwrap_or(0)
}

#[workflow]
async fn collected(cents: u64) -> u64 {
    let mut set = tokio::task::JoinSet::new();
    set.spawn(charge(cents));
    set.join_next().await.map_or(0, |paid| paid.unwrap_or(Ok(0)).unwrap_or(0))
}

#[workflow]
async fn ticking(cents: u64) -> u64 {
    let mut interval = tokio::time::interval(Duration::from_secs(1));
    select! {
        _ = interval.tick() => 0,
        paid = charge(cents) => paid.unwrap_or(0),
    }
}

#[workflow]
async fn yielding(cents: u64) -> u64 {
    tokio::task::yield_now().await;
    select! {
        paid = charge(cents) => paid.unwrap_or(0),
        _ = tokio::time::sleep(Duration::from_secs(1)) => 0,
    }
}

fn main() {}
