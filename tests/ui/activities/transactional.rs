//! An activity in the store's transaction is a plain function that takes it first.

use durable_runtime::prelude::*;

#[activity(transactional)]
async fn book(tx: &mut Transaction<'_>, seats: u32) -> Result<(), String> {
    let _ = (tx, seats);
    Ok(())
}

#[activity(transactional)]
fn count(seats: u32) -> Result<u32, String> {
    Ok(seats)
}

#[activity(transactional, start_to_close = "1s")]
fn limited(tx: &mut Transaction<'_>) -> Result<(), String> {
    let _ = tx;
    Ok(())
}

fn main() {}
