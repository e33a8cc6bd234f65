use durable_runtime::prelude::*;

struct Line {
    cents: u64,
}

#[workflow]
async fn run(line: Line) -> u64 {
    line.cents
}

fn main() {}
