use durable_runtime::prelude::*;

#[activity]
async fn price() -> Result<u32, String> {
    Ok(1)
}

#[activity]
async fn charge(amount: Result<u32, ActivityError<String>>) -> Result<u32, String> {
    amount.map_err(|e| e.to_string())
}

#[workflow]
async fn run() {
    let (_, _) = join!(charge(price().await), price());
}

fn main() {}
