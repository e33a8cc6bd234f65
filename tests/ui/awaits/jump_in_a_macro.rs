use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(limit: u64) -> usize {
    let mut count = 0;
    'all: loop {
        let next = charge(1).await.unwrap_or(0);
        let both = vec![if next > limit { break 'all } else { next }, 1];
        println!("{}", if next == 0 { continue 'all } else { next });
        count += both.len();
    }
    count
}

fn main() {}
