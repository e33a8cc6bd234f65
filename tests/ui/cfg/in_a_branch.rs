use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let mut total = 0;
    join!(
        async {
            #[cfg(any())]
            let paid = charge(1).await.unwrap_or(0);
            #[cfg(not(any()))]
            let paid = charge(2).await.unwrap_or(0);
            #[cfg(any())]
            {
                total = 1;
            }
            total += paid;
        },
        async {
            #[cfg(any())]
            panic!("never");
            match order {
                #[cfg(any())]
                1 => charge(3).await,
                _ => charge(4).await,
            }
        },
    );
    total
}

fn main() {}
