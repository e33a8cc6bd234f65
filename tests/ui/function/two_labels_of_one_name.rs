use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

macro_rules! tried {
    ($name:ident, $again:lifetime, $leave:expr) => {
        #[workflow]
        async fn $name(limit: u64) -> u64 {
            let mut tries = 0;
            $again: loop {
                'again: loop {
                    tries += charge(1).await.unwrap_or(1);
                    if tries > limit {
                        $leave;
                    }
                }
            }
            tries
        }
    };
}

tried!(leaves, 'again, break 'again);

fn main() {}
