//! The first version.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Left {
    price: u64,
}

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    let left = Left { price: n };
    sleep(Duration::from_secs(3600)).await?;
    Ok(format!("price {} at {n}", left.price))
}
