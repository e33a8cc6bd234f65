//! A saved struct has a new field without a default.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Left {
    price: u64,
    tax: u64,
}

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    let left = Left {
        price: n,
        tax: n / 5,
    };
    sleep(Duration::from_secs(3600)).await?;
    Ok(format!("price {} tax {} at {n}", left.price, left.tax))
}
