//! A workflow that holds a large value over its awaits and changes little beside it.

use durable_runtime::prelude::*;

#[activity(name = "bench_next")]
async fn next(number: u64) -> u64 {
    number + 1
}

/// Text of so many bytes that does not repeat itself.
fn text(bytes: usize) -> String {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let letters = std::iter::repeat_with(|| {
        // Xorshift: the same in each run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'a' + (state >> 32).to_le_bytes()[0] % 26)
    });
    letters.take(bytes).collect()
}

/// Counts to `awaits` with a value of so many bytes at hand.
#[workflow]
pub(in crate::bench) async fn bench_holder(bytes: usize, awaits: u64) -> Result<usize, Error> {
    let held = text(bytes);
    let mut number = 0;
    while number < awaits {
        number = next(number).await?;
    }
    Ok(held.len())
}
