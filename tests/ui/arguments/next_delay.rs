use durable_runtime::prelude::*;

fn seconds(error: &String) -> Duration {
    Duration::from_secs(error.len() as u64)
}

// It has to say when the policy's pause is to be taken.
#[activity(retry(next_delay = seconds))]
async fn always() -> Result<(), String> {
    Ok(())
}

#[activity(retry(next_delay = |error: &u32| Some(Duration::from_secs(u64::from(*error)))))]
async fn of_another_error() -> Result<(), String> {
    Ok(())
}

#[activity(retry(next_delay = "5s"))]
async fn fixed() -> Result<(), String> {
    Ok(())
}

fn main() {}
