use durable_runtime::prelude::*;

struct Line {
    cents: u64,
}

#[activity]
async fn charge(cents: u64) -> Line {
    Line { cents }
}

fn main() {}
