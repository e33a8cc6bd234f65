use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(mut rate: u64) -> u64 {
    rate += 1;
    let taxed = move |cents: u64| cents * rate;
    let (first, second) = join!(
        async { charge(1).await.unwrap_or(0) + taxed(1) },
        charge(2),
    );
    first + second.unwrap_or(0)
}

fn main() {}
