use durable_runtime::prelude::*;

#[activity]
async fn charge(amount: u32) -> Result<u32, String> {
    Ok(amount)
}

#[workflow]
async fn run(amount: u32) -> u32 {
    let mut amount = amount;
    let (_, _) = join!(
        async {
            let _charged = {
                let amount = charge(1).await.unwrap_or(0);
                amount
            };
            amount += 1;
            charge(2).await.ok();
        },
        sleep(Duration::from_secs(1)),
    );
    amount
}

fn main() {}
