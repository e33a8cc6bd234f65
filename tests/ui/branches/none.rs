use durable_runtime::prelude::*;

#[workflow]
async fn run() {
    join!();
    select! {
        else => {}
    }
}

fn main() {}
