use durable_runtime::prelude::*;

struct Line {
    cents: u64,
}

#[workflow]
async fn run(cents: u64) -> Line {
    Line { cents }
}

fn main() {}
