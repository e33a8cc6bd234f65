use durable_runtime::prelude::*;

#[activity]
async fn charge(amount: u32) -> Result<u32, String> {
    Ok(amount)
}

#[workflow]
async fn run(amount: u32) -> (u32, u32) {
    let mut totals = (amount, 0);
    join!(
        async {
            charge(amount).await.ok();
            totals.0 += 1;
        },
        async {
            charge(totals.1).await.ok();
        },
    );
    totals
}

fn main() {}
