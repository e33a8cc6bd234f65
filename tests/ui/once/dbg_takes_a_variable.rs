use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn pay(mut lines: Vec<u64>) -> usize {
    let all = &mut lines;
    match dbg!(all) {
        taken => {
            charge(1).await.unwrap_or(0);
            taken.push(1);
        }
    }
    all.push(2);
    all.len()
}

fn main() {}
