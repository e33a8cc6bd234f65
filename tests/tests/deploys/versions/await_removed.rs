//! The await at which the workflow stands is gone.

use durable_runtime::prelude::*;

#[activity(name = "check.removed")]
async fn check(n: u64) -> u64 {
    n + 1
}

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    check(n).await.map_err(|_| Cancelled)?;
    Ok(format!("at {n}"))
}
