use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(orders: Vec<u64>) -> u64 {
    let mut log = vec![String::from("begin")];
    let block = async {
        log.push(String::from("paid"));
        charge(1).await
    };
    join_all([block]).await.len() as u64 + log.len() as u64 + orders[0]
}

fn main() {}
