use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

macro_rules! set {
    ($place:ident = $value:expr) => {
        $place = $value
    };
}

#[workflow]
async fn run(mut cents: u64) -> bool {
    cents == {
        set!(cents = 7);
        charge(cents).await.unwrap_or(0)
    }
}

fn main() {}
