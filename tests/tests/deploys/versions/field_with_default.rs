//! A saved struct has a new field with a default.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Left {
    price: u64,
    #[serde(default = "none")]
    note: String,
}

fn none() -> String {
    "none".to_owned()
}

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    let left = Left {
        price: n,
        note: "new".to_owned(),
    };
    sleep(Duration::from_secs(3600)).await?;
    Ok(format!("price {} note {} at {n}", left.price, left.note))
}
