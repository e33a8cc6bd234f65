use durable_runtime::prelude::*;

#[workflow(run_timeout = "1h")]
async fn patient<T: durable_runtime::Durable>(value: T) -> Result<T, Cancelled> {
    sleep(Duration::from_secs(1)).await?;
    Ok(value)
}

fn main() {}
