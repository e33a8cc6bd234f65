//! One workflow with as many awaits as asked for, and next to nothing to save.

use durable_runtime::prelude::*;

#[activity(name = "bench_square")]
async fn square(number: u64) -> u64 {
    number.wrapping_mul(number)
}

/// So many awaits, one after the other.
#[workflow]
pub(in crate::bench) async fn bench_tally(awaits: u64) -> Result<u64, Error> {
    let mut sum: u64 = 0;
    for number in 0..awaits {
        sum = sum.wrapping_add(square(number).await?);
    }
    Ok(sum)
}

/// What it returns.
pub(in crate::bench) fn tally(awaits: u64) -> u64 {
    (0..awaits).fold(0, |sum, n| sum.wrapping_add(n.wrapping_mul(n)))
}
