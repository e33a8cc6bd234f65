use durable_runtime::prelude::*;

#[activity]
async fn ping() {}

#[workflow]
async fn run(order: Vec<u32>, more: bool) -> u32 {
    let lines = if more { order.clone() } else { order };
    let [first, rest @ ..] = lines.as_slice() else {
        return 0;
    };
    let first = *first;
    ping().await.unwrap();
    first + rest.len() as u32
}

fn main() {}
