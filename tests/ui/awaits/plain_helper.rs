use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

async fn charge_all(cents: Vec<u64>) -> Result<(), Error> {
    for cents in cents {
        charge(cents).await?;
    }
    sleep(Duration::from_secs(60)).await?;
    Ok(())
}

#[workflow]
async fn run(cents: Vec<u64>) -> Result<(), Error> {
    charge_all(cents).await
}

fn main() {}
