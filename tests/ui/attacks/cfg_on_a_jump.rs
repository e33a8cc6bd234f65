use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut n = 0;
    #[cfg(any())]
    return n;
    loop {
        n += charge(order).await.unwrap_or(0);
        #[cfg(any())]
        break;
        #[cfg(any())]
        continue;
        if n > 3 {
            return n;
        }
    }
}

fn main() {}
