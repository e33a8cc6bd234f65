use durable_runtime::prelude::*;

struct Line {
    cents: u64,
}

#[activity]
async fn charge(line: Line) -> u64 {
    line.cents
}

fn main() {}
