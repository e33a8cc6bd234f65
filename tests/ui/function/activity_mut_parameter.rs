use durable_runtime::prelude::*;

#[activity]
async fn fill(lines: &mut Vec<u32>) {
    lines.push(1);
}

fn main() {}
