//! A workflow whose process is killed at an await of your choice, again and again.

use durable_runtime::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When this process began to look for work.
static BEGAN: OnceLock<Instant> = OnceLock::new();
/// This process has gone on with the workflow.
static WENT_ON: AtomicBool = AtomicBool::new(false);

/// The time runs from now on.
pub(in crate::bench) fn begin() {
    BEGAN.get_or_init(Instant::now);
}

#[activity(name = "bench_double")]
async fn double(number: u64) -> u64 {
    number.wrapping_mul(2)
}

/// In each process the first one ends, so that there is progress, and the second one does not, so
/// that the process can be killed at its await.
#[activity(name = "bench_stand")]
async fn stand() -> u64 {
    let began = BEGAN.get_or_init(Instant::now);
    if WENT_ON.swap(true, Ordering::Relaxed) {
        println!("stands");
        std::future::pending::<()>().await;
    }
    println!("went on after {}", began.elapsed().as_nanos());
    1
}

/// So many awaits, and then those at which it is killed.
#[workflow]
pub(in crate::bench) async fn bench_doomed(awaits: u64) -> Result<u64, Error> {
    let mut sum: u64 = 0;
    for number in 0..awaits {
        sum = sum.wrapping_add(double(number).await?);
    }
    while sum < u64::MAX {
        sum = sum.wrapping_add(stand().await?);
    }
    Ok(sum)
}
