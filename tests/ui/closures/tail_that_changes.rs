use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(words: Vec<String>) -> usize {
    let mut least = "ab";
    let mut found = 0;
    for word in words.iter().filter(|word| word.len() > least.len()) {
        least = "a longer one";
        charge(1).await.ok();
        found += word.len();
    }
    found
}

#[workflow]
async fn owned(counts: Vec<usize>) -> usize {
    let mut unit = "cents";
    let mut all = 0;
    for count in counts.into_iter().map(|count| count * unit.len()) {
        unit = "dollars";
        charge(1).await.ok();
        all += count;
    }
    all
}

fn main() {}
