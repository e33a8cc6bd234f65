use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(cents: u64) -> u64 {
    let first = async {
        let paid = charge(cents).await.unwrap_or(0);
        charge(paid).await.unwrap_or(0)
    };
    let fee = cents / 10;
    let (first, second) = join!(first, charge(fee));
    first + second.unwrap_or(0)
}

#[workflow]
async fn copied(mut cents: u64) -> u64 {
    let first = async move { charge(cents).await.unwrap_or(0) };
    let (first, second) = join!(first, {
        cents += 1;
        charge(cents)
    });
    first + second.unwrap_or(0)
}

fn main() {}
