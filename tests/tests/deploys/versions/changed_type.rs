//! The saved local has another type.

use durable_runtime::prelude::*;

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    let left = vec![n];
    sleep(Duration::from_secs(3600)).await?;
    Ok(format!("price {} at {n}", left[0]))
}
