//! A third await like the two others.

use durable_runtime::prelude::*;

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    sleep(Duration::from_secs(3600)).await?;
    sleep(Duration::from_secs(3600)).await?;
    sleep(Duration::from_secs(3600)).await?;
    Ok(format!("three {n}"))
}
