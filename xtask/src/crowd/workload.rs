//! The workflows, of which there are many or which have much to do.

use durable_runtime::prelude::*;
use std::time::SystemTime;

pub(super) const ADD: Update<u64, u64> = Update::new("crowd_add");
pub(crate) const NUMBER: Signal<u64> = Signal::new("crowd_number");

/// Adds what it is asked to, as often as that. Each request hears the sum before.
#[workflow]
pub(super) async fn crowd_counter(requests: usize) -> Result<u64, Cancelled> {
    let mut sum = 0;
    for _ in 0..requests {
        let add = ADD.recv().await?;
        let before = sum;
        sum += add.value();
        add.respond(&before);
    }
    Ok(sum)
}

/// Takes so many signals.
#[workflow]
pub(crate) async fn crowd_listener(signals: usize) -> Result<u64, Cancelled> {
    let mut sum = 0;
    for _ in 0..signals {
        sum += NUMBER.recv().await?;
    }
    Ok(sum)
}

#[activity(name = "crowd_square")]
async fn square(number: u64) -> u64 {
    number * number
}

/// One of many.
#[workflow]
pub(super) async fn crowd_child(number: u64) -> Result<u64, Error> {
    Ok(square(number).await?)
}

/// How many children are started, and awaited, by one await.
const TOGETHER: u64 = 100;

/// Starts so many children and adds what they give.
#[workflow]
pub(super) async fn crowd_parent(children: u64) -> Result<u64, Error> {
    let mut sum = 0;
    let mut first = 0;
    while first < children {
        let numbers = first..children.min(first + TOGETHER);
        first = numbers.end;
        let starts = numbers.map(|n| crowd_child(n).spawn(format!("crowd-child-{n}")));
        let started = try_join_all(starts).await?;
        for square in join_all(started).await {
            sum += square??;
        }
    }
    Ok(sum)
}

/// Sleeps until a time, and says how late it is then. An error: it is too early.
#[workflow]
pub(crate) async fn crowd_sleeper(due: SystemTime) -> Result<Duration, Error> {
    sleep_until(due).await?;
    Ok(SystemTime::now().duration_since(due)?)
}
