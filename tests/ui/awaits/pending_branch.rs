use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(cents: u64) -> u64 {
    let mut handle = (cents > 5).then(|| spawn(charge(cents)));
    select! {
        paid = async {
            match handle.as_mut() {
                Some(handle) => handle.await.unwrap_or(0),
                None => std::future::pending().await,
            }
        } => paid,
        _ = sleep(Duration::from_secs(9)) => 0,
    }
}

fn main() {}
