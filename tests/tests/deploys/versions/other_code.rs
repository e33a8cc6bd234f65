//! Code before and after the await is another, and less is saved.

use durable_runtime::prelude::*;

#[workflow(name = "order.deploys")]
async fn order(n: u64) -> Result<String, Cancelled> {
    let doubled = n * 2;
    let _ = doubled;
    sleep(Duration::from_secs(3600)).await?;
    Ok(format!("other {}", n * 2))
}
