use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(cents: u64) -> u64 {
    let mut deadline = sleep(Duration::from_secs(9));
    loop {
        select! {
            _ = &mut deadline => return 0,
            paid = charge(cents) => if let Ok(paid) = paid { return paid },
        }
    }
}

fn main() {}
