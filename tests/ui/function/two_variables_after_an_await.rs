use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

macro_rules! charged {
    ($name:ident, $total:ident, $more:expr) => {
        #[workflow]
        async fn $name(mut $total: u64) -> u64 {
            let mut total = 100;
            charge(total).await.ok();
            $more;
            total += 1;
            charge(total).await.ok();
            $total
        }
    };
}

charged!(run, total, total += 1);

fn main() {}
