use durable_runtime::prelude::*;

struct Bag(String);

impl Bag {
    fn get(&self, at: usize) -> &str {
        &self.0[at..]
    }
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let bag = Bag("q".to_owned());
    let r = bag.get(0);
    let paid = charge(order).await.unwrap_or(0);
    r.len() as u64 + paid
}

fn main() {}
