use durable_runtime::Durable;
use durable_runtime::prelude::*;

#[workflow]
async fn first<T: Durable + Clone>(all: Vec<T>) -> Option<T> {
    all.first().cloned()
}

#[workflow]
async fn run(all: Vec<u32>) -> Option<u32> {
    let handle = spawn(first(all));
    handle.await
}

fn main() {}
