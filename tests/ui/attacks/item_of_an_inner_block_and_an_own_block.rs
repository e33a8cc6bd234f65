use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

struct Fee;

impl Fee {
    fn of(cents: u64) -> u64 {
        cents
    }
}

#[workflow]
async fn run(cents: u64) -> u64 {
    let inner = {
        struct Fee;
        impl Fee {
            fn of(cents: u64) -> u64 {
                cents * 100
            }
        }
        charge(Fee::of(cents)).await.unwrap_or(0)
    };
    let own = join_all([async move { charge(Fee::of(cents)).await.unwrap_or(0) }]).await;
    inner + own[0]
}

fn main() {}
