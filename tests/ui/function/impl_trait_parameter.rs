use durable_runtime::prelude::*;

#[workflow]
async fn twice(make: impl Fn(u32) -> u32) -> u32 {
    make(1) + make(2)
}

#[workflow]
async fn run(n: u32) -> u32 {
    twice(move |x| x * n).await
}

fn main() {}
