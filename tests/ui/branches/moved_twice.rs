use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> Result<u32, String> {
    Ok(order.len() as u32)
}

#[workflow]
async fn run(order: String) -> String {
    let (_, _) = join!(
        async move { charge(order).await },
        sleep(Duration::from_secs(1)),
    );
    order
}

fn main() {}
