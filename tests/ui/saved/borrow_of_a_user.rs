use durable_runtime::prelude::*;

struct Part<'a>(&'a str);

trait Parts {
    fn as_str(&self, number: usize) -> Part<'_>;
}

impl Parts for Vec<String> {
    fn as_str(&self, number: usize) -> Part<'_> {
        Part(&self[number])
    }
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(lines: Vec<String>) -> String {
    let part = lines.as_str(0);
    let paid = charge(1).await;
    format!("{} {paid:?}", part.0)
}

fn main() {}
