use durable_runtime::prelude::*;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Cents(u64);

impl std::ops::AddAssign<Cents> for u64 {
    fn add_assign(&mut self, cents: Cents) {
        *self += cents.0;
    }
}

#[activity]
async fn place(order: u64) -> usize {
    order as usize
}

#[workflow]
async fn run(order: u64) -> Vec<u64> {
    let mut totals = vec![0_u64; 2];
    totals[place(order).await.unwrap_or(0)] += Cents(order);
    totals
}

fn main() {}
