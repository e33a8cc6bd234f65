use durable_runtime::prelude::*;

macro_rules! wait {
    ($future:expr) => {
        $future.await
    };
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let (paid, ()) = join!(charge(1), async {
        wait!(std::future::ready(()));
    });
    format!("{order} {paid:?}")
}

fn main() {}
