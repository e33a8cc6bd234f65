use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> usize {
    let all = join_all(orders.into_iter().map(|cents| async move {
        let paid = charge(cents).await;
        std::thread::spawn(move || paid.is_ok())
    }));
    all.await.len()
}

fn main() {}
