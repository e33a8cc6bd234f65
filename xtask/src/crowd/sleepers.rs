//! Many workflows that sleep until the same time, and how late each of them woke up.

use super::workload::start_crowd_sleeper;
use crate::local::each;
use durable_runtime::{Client, Error, Handle};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One that sleeps.
pub(crate) type Sleeper = Handle<Result<Duration, Error>>;

/// How many starts are under way at the same time.
pub(crate) const STARTS: usize = 256;

/// Starts so many, and keeps of their handles what it is told to.
pub(crate) async fn fall_asleep<T: Send + 'static>(
    client: &Client,
    many: usize,
    due: SystemTime,
    keep: fn(Sleeper) -> T,
) -> anyhow::Result<Vec<T>> {
    let client = client.clone();
    each(many, STARTS, move |number| {
        let client = client.clone();
        async move {
            let id = format!("sleeper-{number}");
            Ok(keep(start_crowd_sleeper(&client, id, due).await?))
        }
    })
    .await
}

/// Waits for all of them, and says how late each was.
pub(crate) async fn lateness(sleepers: Vec<Sleeper>) -> anyhow::Result<Vec<Duration>> {
    let sleepers = Arc::new(sleepers);
    each(sleepers.len(), STARTS, move |number| {
        let sleepers = sleepers.clone();
        async move {
            let late = sleepers[number].result().await?;
            late.map_err(|error| anyhow::anyhow!("a timer fired early: {error}"))
        }
    })
    .await
}
