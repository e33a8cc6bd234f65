use durable_runtime::prelude::*;

#[activity]
async fn charge() -> Result<u32, String> {
    Ok(1)
}

struct Receipt(u32);

#[workflow]
async fn run() -> u32 {
    let (receipt, _) = join!(
        async { Receipt(charge().await.unwrap_or(0)) },
        sleep(Duration::from_secs(1)),
    );
    receipt.0
}

fn main() {}
