//! Other awaits stand before and after the old one.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Left {
    price: u64,
}

#[activity]
async fn check(n: u64) -> u64 {
    n + 1
}

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    check(n).await.map_err(|_| Cancelled)?;
    let left = Left { price: n };
    sleep(Duration::from_secs(3600)).await?;
    let checked = check(left.price).await.map_err(|_| Cancelled)?;
    Ok(format!("price {} checked {checked}", left.price))
}
